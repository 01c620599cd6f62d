import { func } from '@dispatch/core'
import { serveParent } from '../lib/work/child.mjs'
import { createEmbedded, drained } from '../lib/work/embedded.mjs'
import { expect, inParallel } from '../lib/work/workloads.mjs'

// An embedded scheduler whose calls have inputs and outputs of many megabytes.

/** One payload. A text of latin letters takes a byte for each, in memory and on the wire. */
let text = ''

const weigh = func('weigh', async (/** @type {string} */ given) => given.length)

const make = func('make', async (/** @type {number} */ _n) => text)

const gatherInputs = func('gatherInputs', async (/** @type {number} */ width) => {
  const lengths = await weigh.gather(Array.from({ length: width }, () => text))
  return lengths.reduce((sum, length) => sum + length, 0)
})

/** Holds none of the outputs longer than a moment. */
const chainOutputs = func('chainOutputs', async (/** @type {number} */ length) => {
  let sum = 0
  for (let step = 0; step < length; step++) sum += (await make.await(step)).length
  return sum
})

/** @type {import('@dispatch/core').Dispatch} */
let dispatch

serveParent({
  async open(folder, bytes) {
    text = 'x'.repeat(bytes)
    dispatch = createEmbedded(folder, { functions: [weigh, make, gatherInputs, chainOutputs] })
    await dispatch.open()
  },
  start: () => dispatch.start(),
  /** Records calls with inputs that big, `width` at a time. */
  async fill(count, width) {
    await inParallel(count, width, () => weigh.dispatch(text))
  },
  async drain(count) {
    const handle = await weigh.dispatch(text)
    await dispatch.start()
    await drained(dispatch, count + 1, handle)
  },
  /** Calls with outputs that big, dispatched concurrently. The outputs are not read. */
  async recordOutputs(count) {
    const handles = await dispatch.dispatchBatch(Array.from({ length: count }, (_, n) => make.buildCall(n)))
    for (const handle of handles)
      while ((await handle.status()).state !== 'done') await new Promise((r) => setTimeout(r, 20))
  },
  async gatherInputs(width) {
    expect(await (await gatherInputs.dispatch(width)).result(), width * text.length)
  },
  async chainOutputs(length) {
    expect(await (await chainOutputs.dispatch(length)).result(), length * text.length)
  },
  /** Highest RSS since the process began, in bytes. */
  peak: () => process.resourceUsage().maxRSS * 1024,
  close: () => dispatch.close(),
})

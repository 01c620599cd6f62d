import { func } from '@dispatch/core'
import { memoryInUse } from '../lib/measure/memory.mjs'
import { serveParent } from '../lib/work/child.mjs'
import { createEmbedded, dispatchInBatches, suspended } from '../lib/work/embedded.mjs'

// An embedded scheduler with many calls that have nothing to do. What it weighs, and how soon it is back.

/** Suspended for an hour, with one local variable and nothing in a closure. */
const sleeper = func('sleeper', async (/** @type {number} */ n, call) => {
  await call.sleep('1h')
  return n
})

/** Never ends: of the calls that are due none is worked off. */
const held = func('held', (/** @type {number} */ _n) => {
  onRun()
  return new Promise(() => {})
})
let onRun = () => {}

/** @type {import('@dispatch/core').Dispatch} */
let dispatch

serveParent({
  memoryInUse,
  async open(folder, options) {
    dispatch = createEmbedded(folder, { functions: [sleeper, held], shutdownGraceMs: 0, ...options })
    await dispatch.open()
  },
  start: () => dispatch.start(),
  /** Calls that sleep; resolves when all of them do. `before`: how many do already. */
  async suspend(count, before) {
    await dispatchInBatches(dispatch, count, (index) => sleeper.buildCall(index))
    await suspended(dispatch, before + count)
  },
  /** Calls that are due. */
  fill: (count) => dispatchInBatches(dispatch, count, (index) => held.buildCall(index)).then(() => undefined),
  /** Starts, and resolves when the first call runs. */
  async startToFirstRun() {
    const run = new Promise((resolve) => {
      onRun = () => resolve(undefined)
    })
    await dispatch.start()
    await run
  },
  close: () => dispatch.close(),
})

// How long the turns of the event loop are while a backlog drains: what an application's own requests wait for.

import { makeScratchFolder, removeScratch } from '../lib/measure/scratch.mjs'
import { quantile } from '../lib/measure/stats.mjs'
import { dispatchInBatches, drained, withEmbedded } from '../lib/work/embedded.mjs'
import { increment } from '../lib/work/workloads.mjs'

const COUNT = 20_000
const RUNS = 3

/** A turn that does less than this had nothing to do. Milliseconds. */
const BUSY_MS_MIN = 0.05

for (let run = 0; run < RUNS; run++) {
  const turns = await withEmbedded(makeScratchFolder(), { start: false }, measure)
  const [half, ninth, worst] = [0.5, 0.9, 0.99].map((share) => quantile(turns, share).toFixed(2))
  console.log(`busy turns: p50 ${half} ms, p90 ${ninth} ms, p99 ${worst} ms`)
}
removeScratch()

/** @param {import('@dispatch/core').Dispatch} dispatch */
async function measure(dispatch) {
  const last = await dispatchInBatches(dispatch, COUNT, (index) => increment.buildCall(index))
  const turns = []
  let isOver = false
  let atMs = performance.now()
  const turn = () => {
    const nowMs = performance.now()
    if (nowMs - atMs > BUSY_MS_MIN) turns.push(nowMs - atMs)
    atMs = nowMs
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  await dispatch.start()
  await drained(dispatch, COUNT, last)
  isOver = true
  return turns
}

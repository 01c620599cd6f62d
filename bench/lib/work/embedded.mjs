import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Dispatch } from '@dispatch/core'
import { createEmbeddedScheduler } from '@dispatch/scheduler'
import { BATCH } from './parallel.mjs'
import { functions } from './workloads.mjs'

/**
 * A `Dispatch` with the scheduler that applications get without configuring anything: in this process, its calls in one
 * SQLite file, durable before they are acknowledged.
 *
 * @param {string} folder
 * @param {import('@dispatch/core').DispatchOptions} [options]
 */
export function createEmbedded(folder, options = {}) {
  return new Dispatch({
    functions,
    scheduler: createEmbeddedScheduler,
    store: join(folder, 'dispatch.db'),
    env: {},
    ...options,
  })
}

/**
 * Opens one for the time of `work`.
 *
 * @template T
 * @param {string} folder
 * @param {{ readonly start: boolean }} options - Whether it runs calls, or only takes them.
 * @param {(dispatch: Dispatch) => Promise<T>} work
 */
export async function withEmbedded(folder, { start }, work) {
  const dispatch = createEmbedded(folder)
  await dispatch.open()
  if (start) await dispatch.start()
  try {
    return await work(dispatch)
  } finally {
    await dispatch.close()
  }
}

/**
 * Dispatches `count` calls in batches of {@link BATCH}, one batch after the other.
 *
 * @param {Dispatch} dispatch
 * @param {number} count
 * @param {(index: number) => import('@dispatch/protocol/messages').Call} build
 * @returns {Promise<import('@dispatch/core').CallHandle<unknown>>} The last one's handle.
 */
export async function dispatchInBatches(dispatch, count, build) {
  let last
  for (let index = 0; index < count; index += BATCH) {
    const size = Math.min(BATCH, count - index)
    const handles = await dispatch.dispatchBatch(Array.from({ length: size }, (_, at) => build(index + at)))
    last = handles.at(-1)
  }
  return last
}

/**
 * Resolves when `count` runs have ended well and that is durable.
 *
 * @param {Dispatch} dispatch
 * @param {number} count
 * @param {import('@dispatch/core').CallHandle<unknown>} handle - Of any call.
 */
export async function drained(dispatch, count, handle) {
  await sumReaches(count, () => sumOf(dispatch, (stats) => stats.ended.ok ?? 0))
  // Reads from the store, after everything that was decided before.
  await handle.status()
}

/**
 * Resolves when `count` calls are suspended.
 *
 * @param {Dispatch} dispatch
 * @param {number} count
 */
export async function suspended(dispatch, count) {
  await sumReaches(count, () => sumOf(dispatch, (stats) => stats.suspended))
}

/** Looks once a millisecond: seldom enough to cost nothing. */
async function sumReaches(count, read) {
  while (read() < count) await sleep(1)
}

/**
 * @param {Dispatch} dispatch
 * @param {(stats: import('@dispatch/core').FunctionStats) => number} countOf
 */
function sumOf(dispatch, countOf) {
  return dispatch.stats().reduce((sum, stats) => sum + countOf(stats), 0)
}

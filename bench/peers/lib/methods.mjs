import { serveParent } from '../../lib/work/child.mjs'
import { BATCH } from '../../lib/work/parallel.mjs'

/**
 * How a process does a workload: only `run` is measured. What `prepare` resolves with goes to the others.
 *
 * @typedef {object} Method
 * @property {(count: number) => Promise<any>} [prepare]
 * @property {(count: number, prepared: any) => Promise<unknown>} run - Resolves when all is done and checked; with the
 *   milliseconds of each call, if they are asked for; with the milliseconds of all, if not all the time counts.
 * @property {(prepared: any) => Promise<unknown>} [finish]
 */

/**
 * Serves the workloads of a contender.
 *
 * @param {object} contender
 * @param {(options: any) => Promise<void>} contender.open
 * @param {() => Promise<void>} [contender.close]
 * @param {Record<string, Method>} contender.methods - By the names of `workloads.mjs`.
 */
export function serveContender({ open, close, methods }) {
  let prepared
  serveParent({
    open,
    async prepare(name, count) {
      prepared = await methods[name].prepare?.(count)
    },
    run: (name, count) => methods[name].run(count, prepared),
    finish: async (name) => {
      await methods[name].finish?.(prepared)
    },
    close: async () => {
      await close?.()
    },
  })
}

/**
 * Does `work` for each batch of `count` items, one after the other.
 *
 * @param {number} count
 * @param {(indexes: number[]) => Promise<unknown>} work
 */
export async function inBatches(count, work) {
  for (let first = 0; first < count; first += BATCH) {
    const size = Math.min(BATCH, count - first)
    await work(Array.from({ length: size }, (_, at) => first + at))
  }
}

/**
 * Resolves when it was called so often.
 *
 * @param {number} count
 */
export function createCountdown(count) {
  let left = count
  let resolve = () => {}
  const reached = new Promise((done) => {
    resolve = () => done(undefined)
  })
  const tick = () => {
    left -= 1
    if (left === 0) resolve()
  }
  return { tick, reached }
}

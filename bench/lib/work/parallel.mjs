/** Calls that a client has under way concurrently, where a benchmark does not say otherwise. */
export const CLIENTS = 64

/** Calls of one batch. */
export const BATCH = 1_000

/**
 * Does `work` so often, with at most `width` under way.
 *
 * @param {number} count
 * @param {number} width
 * @param {(index: number) => Promise<unknown>} work
 */
export async function inParallel(count, width, work) {
  let next = 0
  const one = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: width }, one))
}

/**
 * Does `work` so often, one after the other.
 *
 * @param {number} count
 * @param {(index: number) => Promise<unknown>} work
 * @returns {Promise<number[]>} The milliseconds of each.
 */
export async function timesOf(count, work) {
  const times = []
  for (let index = 0; index < count; index++) {
    const startedMs = performance.now()
    await work(index)
    times.push(performance.now() - startedMs)
  }
  return times
}

/** A benchmark of something that does not work would be worth nothing. */
export function expect(got, want) {
  if (got !== want) throw new Error(`expected ${want}, got ${got}`)
}

import { func } from '@dispatch/core'

/** Calls that a client has under way at one time, where a benchmark does not say otherwise. */
export const CLIENTS = 64

/** Does nothing, with a small input and a small output. */
export const increment = func('increment', async (/** @type {number} */ n) => n + 1)

/** Awaits one call after the other. */
export const chain = func('chain', async (/** @type {number} */ length) => {
  let sum = 0
  for (let step = 0; step < length; step++) sum = await increment.await(sum)
  return sum
})

/** Gathers so many calls. */
export const fan = func('fan', async (/** @type {number} */ width) => {
  const outputs = await increment.gather(Array.from({ length: width }, (_, index) => index))
  return outputs.length
})

export const functions = [increment, chain, fan]

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

/** Dispatches a no-op and waits for its result, so often, {@link CLIENTS} at a time. */
export async function executeAwaited(count) {
  await inParallel(count, CLIENTS, async (index) => expect(await run(increment, index), index + 1))
}

/** As {@link executeAwaited}, one at a time; resolves with the milliseconds of each. */
export async function latencies(count) {
  const times = []
  for (let index = 0; index < count; index++) {
    const startedMs = performance.now()
    await run(increment, index)
    times.push(performance.now() - startedMs)
  }
  return times
}

/** Runs one chain of that length. */
export async function runChain(length) {
  expect(await run(chain, length), length)
}

/** Runs `count` fans of that width at one time. */
export async function runFans(count, width) {
  await inParallel(count, count, async () => expect(await run(fan, width), width))
}

/** Dispatches a call and resolves with its result. */
export async function run(fn, input) {
  const handle = await fn.dispatch(input)
  return await handle.result()
}

/** A benchmark of something that does not work would be worth nothing. */
export function expect(got, want) {
  if (got !== want) throw new Error(`wanted ${want}, got ${got}`)
}

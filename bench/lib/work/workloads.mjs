import { func } from '@dispatch/core'
import { CLIENTS, expect, inParallel, timesOf } from './parallel.mjs'

export { CLIENTS, expect, inParallel }

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

/** Dispatches a no-op and waits for its result, so often, {@link CLIENTS} at a time. */
export async function executeAwaited(count) {
  await inParallel(count, CLIENTS, async (index) => expect(await run(increment, index), index + 1))
}

/** As {@link executeAwaited}, one at a time; resolves with the milliseconds of each. */
export async function latencies(count) {
  return await timesOf(count, (index) => run(increment, index))
}

/** Runs one chain of that length. */
export async function runChain(length) {
  expect(await run(chain, length), length)
}

/** Runs `count` fans of that width concurrently. */
export async function runFans(count, width) {
  await inParallel(count, count, async () => expect(await run(fan, width), width))
}

/** Dispatches a call and resolves with its result. */
export async function run(fn, input) {
  const handle = await fn.dispatch(input)
  return await handle.result()
}

import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Pool } from 'undici'
import { expect, inParallel } from './workloads.mjs'

/** Sockets of a steady load: a request never waits for one. */
const SOCKETS_MAX = 256

/**
 * Requests at a steady rate, whether earlier ones are answered or not, so that a server that stalls is not spared.
 *
 * @param {string} url
 * @param {number} requestsPerSecond
 * @returns {{ latencies: (work: Promise<unknown>) => Promise<number[]>, close: () => Promise<void> }} `latencies`
 *   resolves with the milliseconds of every request that was sent while `work` was under way.
 */
export function createSteadyLoad(url, requestsPerSecond) {
  const { origin, pathname: path } = new URL(url)
  const pool = new Pool(origin, { connections: SOCKETS_MAX })
  const request = async () => {
    const startedMs = performance.now()
    const { statusCode, body } = await pool.request({ path, method: 'GET' })
    await body.text()
    expect(statusCode, 200)
    return performance.now() - startedMs
  }
  return {
    async latencies(work) {
      const requests = []
      let isOver = false
      const end = () => {
        isOver = true
      }
      work.then(end, end)
      const startedMs = performance.now()
      while (!isOver) {
        const due = ((performance.now() - startedMs) / 1000) * requestsPerSecond
        while (requests.length < due) requests.push(request())
        await sleep(1)
      }
      await work
      return await Promise.all(requests)
    },
    close: () => pool.close(),
  }
}

/** Requests under way concurrently in a burst. */
const BURST_WIDTH = 16

/**
 * Sends so many POST requests, {@link BURST_WIDTH} at a time, each on the next free of as many connections.
 *
 * @param {string} origin
 * @param {number} count
 * @param {(index: number) => { path: string, headers: Record<string, string>, body: Uint8Array }} requestOf
 */
export async function postBurst(origin, count, requestOf) {
  const clients = Array.from({ length: BURST_WIDTH }, () => new Client(origin))
  await inParallel(count, BURST_WIDTH, async (index) => {
    const client = /** @type {Client} */ (clients.pop())
    const { statusCode, body } = await client.request({ method: 'POST', ...requestOf(index) })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`${origin} answered ${statusCode}: ${text}`)
    clients.push(client)
  })
  await Promise.all(clients.map((client) => client.close()))
}

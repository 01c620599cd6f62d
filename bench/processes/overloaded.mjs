import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { func } from '@dispatch/core'
import { dispatchPlugin } from '@dispatch/fastify'
import { createEmbeddedScheduler } from '@dispatch/scheduler'
import Fastify from 'fastify'
import { serveParent } from '../lib/work/child.mjs'

// A Fastify application with a route of its own, whose clients hand over far more calls than it can run.

/** Duration of a run, and concurrent runs: together the capacity. */
const RUN_MS = 10
const CONCURRENCY = 20

/** Calls are handed over so often. */
const TURN_MS = 10

/** Of the load, not of the probes. */
const counts = { offered: 0, accepted: 0, throttled: 0, hinted: 0, failed: 0, executed: 0 }

const PROBE = -1

const work = func('work', { concurrencyMax: CONCURRENCY }, async (/** @type {number} */ n) => {
  await sleep(RUN_MS)
  if (n !== PROBE) counts.executed += 1
  return n
})

/** Calls of the load that were neither acknowledged nor refused. */
const open = new Set()

/** @type {import('fastify').FastifyInstance} */
let app
const delays = monitorEventLoopDelay({ resolution: 1 })

serveParent({
  /** With a `folder` the scheduler is in this process; else where `options` say. */
  async open({ folder, liveCallsMax, ...options }) {
    app = Fastify()
    const port = await freePort()
    const embedded = {
      scheduler: (more) => createEmbeddedScheduler({ ...more, liveCallsMax }),
      store: join(folder ?? '', 'dispatch.db'),
    }
    await app.register(dispatchPlugin, {
      functions: [work],
      env: {},
      unacknowledgedCallsMax: liveCallsMax,
      ...(folder === undefined ? { endpointUrl: `http://127.0.0.1:${port}`, ...options } : embedded),
    })
    app.get('/orders/:order', async ({ params }) => ({ ...Object(params), items: ['chair', 'mat'] }))
    return await app.listen({ host: '127.0.0.1', port })
  },
  /** The most calls that it can run in a second. */
  capacity: () => (CONCURRENCY * 1000) / RUN_MS,
  latency,
  /**
   * Hands over so many calls a second, whatever becomes of earlier ones. A turn that comes late is not made up for: what
   * this process does not get to offer would not have got to it either.
   */
  async overload(callsPerSecond, ms) {
    delays.reset()
    delays.enable()
    const startedMs = performance.now()
    const callsPerTurn = (callsPerSecond * TURN_MS) / 1000
    let rssEarly = 0
    for (let nowMs = 0; nowMs < ms; nowMs = performance.now() - startedMs) {
      for (let call = 0; call < callsPerTurn; call++) offer()
      if (nowMs > ms / 3) rssEarly ||= process.memoryUsage().rss
      await sleep(TURN_MS)
    }
    delays.disable()
    const perSecond = (counts.offered / (performance.now() - startedMs)) * 1000
    return { perSecond, rssEarly, rssLate: process.memoryUsage().rss, pauseMs: delays.max / 1e6 }
  },
  /** What became of all of it, once everything that was acknowledged has run. */
  async settled() {
    await Promise.all(open)
    while (counts.executed < counts.accepted) await sleep(TURN_MS)
    return counts
  },
  rss: () => process.memoryUsage().rss,
  close: () => app.close(),
})

function offer() {
  counts.offered += 1
  const one = work.dispatch(counts.offered).then(
    () => {
      counts.accepted += 1
    },
    (error) => {
      if (error.status !== 'throttled') counts.failed += 1
      else counts.throttled += 1
      if (error.retryAfterMs > 0) counts.hinted += 1
    },
  )
  open.add(one)
  one.finally(() => open.delete(one))
}

/** Milliseconds from the dispatch of a call to its result, refusals included. */
async function latency() {
  const startedMs = performance.now()
  for (;;) {
    try {
      const handle = await work.dispatch(PROBE)
      await handle.result()
      return performance.now() - startedMs
    } catch (error) {
      if (Object(error).status !== 'throttled') throw error
      await sleep(Object(error).retryAfterMs)
    }
  }
}

/** The application needs its URL before it listens. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return /** @type {import('node:net').AddressInfo} */ (address).port
}

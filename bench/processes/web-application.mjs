import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { dispatchPlugin } from '@dispatch/fastify'
import { createEmbeddedScheduler } from '@dispatch/scheduler'
import Fastify from 'fastify'
import { serveParent } from '../lib/work/child.mjs'
import { churn } from '../lib/work/churn.mjs'
import { dispatchInBatches, drained } from '../lib/work/embedded.mjs'
import { increment } from '../lib/work/workloads.mjs'

// A Fastify application with a route of its own, and functions that the same process runs.

/** @type {import('fastify').FastifyInstance} */
let app
/** The calls to be worked off: how many, and the handle of one. */
let backlog
const delays = monitorEventLoopDelay({ resolution: 1 })

serveParent({
  async open(folder) {
    app = Fastify()
    await app.register(dispatchPlugin, {
      functions: [increment],
      scheduler: createEmbeddedScheduler,
      store: join(folder, 'dispatch.db'),
      env: {},
      start: 'manual',
    })
    app.get('/orders/:order', async ({ params }) => ({ ...Object(params), items: ['chair', 'mat'] }))
    return await app.listen({ host: '127.0.0.1', port: 0 })
  },
  async fill(count) {
    const build = (/** @type {number} */ index) => increment.buildCall(index)
    backlog = { count, handle: await dispatchInBatches(app.dispatch.instance, count, build) }
  },
  /** Works the backlog off; resolves with the longest pause of the event loop, in milliseconds. */
  async drain() {
    delays.reset()
    delays.enable()
    await app.dispatch.instance.start()
    await drained(app.dispatch.instance, backlog.count, backlog.handle)
    delays.disable()
    return delays.max / 1e6
  },
  /** Without any call: this thread and another are busy for so long as those of a drain, in pieces of the same size. */
  churn,
  close: () => app.close(),
})

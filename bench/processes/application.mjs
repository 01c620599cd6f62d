import { dispatchPlugin } from '@dispatch/fastify'
import Fastify from 'fastify'
import { serveParent } from '../lib/work/child.mjs'
import { freePort } from '../lib/work/free-port.mjs'
import { executeAwaited, functions, latencies, runChain } from '../lib/work/workloads.mjs'

// A Fastify application with functions, whose scheduler is elsewhere, and a client in it.
const app = Fastify()

serveParent({
  async open(options) {
    // The application needs its URL before it listens.
    const port = await freePort()
    await app.register(dispatchPlugin, {
      functions,
      endpointUrl: `http://127.0.0.1:${port}`,
      env: {},
      ...options,
    })
    await app.listen({ host: '127.0.0.1', port })
  },
  executeAwaited,
  latencies,
  runChain,
  close: () => app.close(),
})

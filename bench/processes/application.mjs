import { once } from 'node:events'
import { createServer } from 'node:net'
import { dispatchPlugin } from '@dispatch/fastify'
import Fastify from 'fastify'
import { serveParent } from '../lib/child.mjs'
import { executeAwaited, functions, latencies, runChain } from '../lib/workloads.mjs'

// A Fastify application with functions, whose scheduler is elsewhere, and a client in it.
const app = Fastify()

serveParent({
  async open(options) {
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

/** The application has to know its URL before it listens. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return /** @type {import('node:net').AddressInfo} */ (address).port
}

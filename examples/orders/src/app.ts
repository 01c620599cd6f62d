import { createHash } from 'node:crypto'
import { dispatchPlugin } from '@dispatch/fastify'
import Fastify, { type FastifyInstance } from 'fastify'
import { createFunctions, type FunctionsOptions } from './functions.js'
import { OrdersFileError, parseOrders } from './order.js'

/** Options of the application. */
export interface AppOptions extends FunctionsOptions {
  /** File of the embedded scheduler. */
  readonly store: string
}

/** The shop's web application. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { all, importOrders } = createFunctions(options)
  const app = Fastify({ bodyLimit: 8_000_000 })
  await app.register(dispatchPlugin, { functions: all, store: options.store })

  app.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof OrdersFileError) return reply.code(400).send({ error: error.message })
    return reply.send(error)
  })

  // The same file is the same import, unless the client sends another Idempotency-Key.
  app.post<{ Body: string }>('/imports', async (request, reply) => {
    const id = importIdOf(request.headers['idempotency-key'] ?? request.body)
    return reply.dispatched(await request.dispatch(importOrders, parseOrders(request.body), { id }))
  })

  return app
}

function importIdOf(key: string | string[]): string {
  return `import-${createHash('sha256').update(String(key)).digest('hex').slice(0, 24)}`
}

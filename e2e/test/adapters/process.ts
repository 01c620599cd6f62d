import { func } from '@dispatch/core'
import { dispatchMiddleware } from '@dispatch/express'
import { createEmbeddedScheduler } from '@dispatch/scheduler'
import { EXPRESS_4, EXPRESS_5, FASTIFY_5 } from '../helpers/adapters/adapters.js'
import { jsonRequest } from '../helpers/http/http-exchange.js'

/**
 * An application in a process of its own: `process.js <adapter> <store> <what>`. Sends events to its parent, and never calls
 * `process.exit`: it ends when its event loop is empty.
 */
const [name, store = '', what] = process.argv.slice(2)

/** An event for the parent. */
export type ProcessEvent =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'running'; readonly attempt: number }
  | { readonly kind: 'failed'; readonly message: string }

const adapter = [FASTIFY_5, EXPRESS_4, EXPRESS_5].find((known) => known.name === name) ?? FASTIFY_5

/** Ends when the parent releases it, or when its signal aborts. */
const held = func('held', (_input: unknown, call) => {
  tell({ kind: 'running', attempt: call.attempt })
  return new Promise<string>((resolve, reject) => {
    process.once('message', () => resolve('released'))
    call.signal.addEventListener('abort', () => reject(call.signal.reason))
  })
})
const options = {
  functions: [held],
  scheduler: createEmbeddedScheduler,
  store,
  env: {},
  shutdownGraceMs: 500,
}

function tell(event: ProcessEvent): void {
  process.send?.(event)
}

async function serve(): Promise<void> {
  const app = adapter.create({ dispatch: options })
  process.once('SIGTERM', () => {
    // The channel to the parent would keep the process alive.
    void app.close().then(() => process.disconnect())
  })
  tell({ kind: 'listening', url: await app.listen() })
}

async function once(): Promise<void> {
  const app = adapter.create({ dispatch: { ...options, functions: [func('quick', async () => 1)] } })
  await app.inject(jsonRequest('/calls-of/quick', {}))
  await app.close()
  process.disconnect()
}

try {
  if (what === 'serve') await serve()
  if (what === 'once') await once()
  if (what === 'import') {
    dispatchMiddleware(options)
    process.disconnect()
  }
} catch (error) {
  tell({ kind: 'failed', message: (error as Error).message })
  process.disconnect()
}

import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AnyDispatchFunction, Dispatch, DispatchFunction } from '@dispatch/core'
import type { MountOptions } from '@dispatch/core/adapter'
import { dispatchMiddleware } from '@dispatch/express'
import { dispatchPlugin } from '@dispatch/fastify'
import express5, { type RequestHandler } from 'express'
import Fastify from 'fastify'
import inject from 'light-my-request'
import type { Answer, Exchange } from '../http/http-exchange.js'

/** Options of an application under test. */
export interface AppOptions {
  /** Options of the adapter. */
  readonly dispatch: MountOptions & {
    readonly functions: readonly AnyDispatchFunction[]
    readonly start?: 'manual'
  }
  /** Where the adapter is mounted. Default: at the root. */
  readonly mountPath?: string
  /** A request to `/gate` waits for it. */
  readonly gate?: Promise<void>
}

/**
 * An application with the adapter, a JSON parser of its own and an error handler that answers with HTML. It has
 * the routes `POST <mountPath>/calls-of/<function>`, `POST <mountPath>/echo` and `GET <mountPath>/gate`.
 */
export interface App {
  readonly dispatch: Dispatch
  /** Resolves when a request waits at `/gate`. */
  readonly isAtGate: Promise<void>
  /** Listens on a free port, and resolves with the URL. */
  listen(): Promise<string>
  /** A request without a socket. */
  inject(request: Exchange): Promise<Answer>
  /** Closes the application and the server as applications do. */
  close(): Promise<void>
}

/** A framework with its adapter. */
export interface Adapter {
  readonly name: string
  create(options: AppOptions): App
}

export const FASTIFY_5: Adapter = { name: 'Fastify 5', create: createFastifyApp }
export const EXPRESS_5: Adapter = {
  name: 'Express 5',
  create: (options) => createExpressApp(express5, options),
}
// Typed as Express 5: the methods that are used here are the same.
const { default: express4 } = (await import('express4' as string)) as { default: typeof express5 }
export const EXPRESS_4: Adapter = {
  name: 'Express 4',
  create: (options) => createExpressApp(express4, options),
}

export { express4, express5 }

/** Longer than the timeout of a test, which then fails if the server waits for an idle connection. */
const KEEP_ALIVE_MS = 600_000

function createArrival(): { arrived: Promise<void>; arrive: () => void } {
  let arrive = () => {}
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  return { arrived, arrive: () => arrive() }
}

function named(options: AppOptions, name: string): DispatchFunction<unknown, unknown> {
  return options.dispatch.functions.find((fn) => fn.name === name) as DispatchFunction<unknown, unknown>
}

function createFastifyApp(options: AppOptions): App {
  const app = Fastify({ keepAliveTimeout: KEEP_ALIVE_MS })
  const { arrived: isAtGate, arrive } = createArrival()
  const { mountPath = '' } = options
  let dispatch: Dispatch | undefined
  app.setErrorHandler((error: Error, _request, reply) =>
    reply.code(500).type('text/html').send(`<h1>${error.message}</h1>`),
  )
  app.register(
    async (scope) => {
      await scope.register(dispatchPlugin, options.dispatch)
      scope.post<{ Params: { fn: string } }>('/calls-of/:fn', async (request, reply) =>
        reply.dispatched(await request.dispatch(named(options, request.params.fn), request.body)),
      )
      scope.post('/echo', async (request) => request.body)
      scope.get('/gate', async () => {
        arrive()
        await options.gate
        return 'open'
      })
      scope.addHook('onReady', async () => {
        dispatch = scope.dispatch.instance
      })
    },
    { prefix: mountPath },
  )
  return {
    isAtGate,
    get dispatch() {
      return dispatch as Dispatch
    },
    listen: () => app.listen({ port: 0, host: '127.0.0.1' }),
    inject: async (request) => answerOf(await app.inject(injectionOf(request) as never)),
    close: () => app.close(),
  }
}

function createExpressApp(express: typeof express5, options: AppOptions): App {
  const app = express()
  const { arrived: isAtGate, arrive } = createArrival()
  const { mountPath = '/' } = options
  const middleware = dispatchMiddleware(options.dispatch)
  const router = express.Router()
  router.use(middleware)
  router.post('/calls-of/:fn', ((request, response) =>
    response.dispatched(
      request.dispatch(named(options, request.params.fn as string), request.body),
    )) as RequestHandler)
  router.post('/echo', (request, response) => {
    response.json(request.body)
  })
  router.get('/gate', (async (_request, response) => {
    arrive()
    await options.gate
    response.send('open')
  }) as RequestHandler)
  app.use(express.json())
  app.use(mountPath, router)
  app.use(((error, _request, response, _next) => {
    response.status(500).type('html').send(`<h1>${error.message}</h1>`)
  }) as import('express').ErrorRequestHandler)
  const server = middleware.attach(http.createServer(app))
  server.keepAliveTimeout = KEEP_ALIVE_MS
  return {
    isAtGate,
    dispatch: middleware.dispatch,
    listen: () => listening(server),
    inject: async (request) => answerOf(await inject(app as never, injectionOf(request) as never)),
    close: () =>
      server.listening
        ? new Promise((resolve, reject) => {
            server.close((error) => (error === undefined ? resolve() : reject(error)))
          })
        : middleware.close(),
  }
}

/** The URL of a server that listens on a free port. */
export async function listening(server: http.Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export function injectionOf({ method = 'GET', path, headers = {}, body }: Exchange): object {
  return { method, url: path, headers, ...(body === undefined ? {} : { payload: body }) }
}

export function answerOf(response: inject.Response): Answer {
  return { status: response.statusCode, headers: response.headers as never, body: response.rawPayload }
}

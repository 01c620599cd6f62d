import http from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { RUN_PATH } from '@dispatch/core/adapter'
import { type DispatchMiddlewareOptions, dispatchMiddleware } from '@dispatch/express'
import compression from 'compression'
import type { ErrorRequestHandler, Express, RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import t, { type Test } from 'tap'
import { express4, express5, listening } from '../helpers/adapters/adapters.js'
import { EMBEDDED, greet, nextRunOf, temporaryFolder } from '../helpers/adapters/fixtures.js'
import { exchange, jsonOf, jsonRequest } from '../helpers/http/http-exchange.js'
import { createNoScheduler } from '../helpers/runs/no-scheduler.js'
import { outputOf, runBytes, signedRun, VERIFICATION_KEY } from '../helpers/runs/run-exchange.js'

const BODY = runBytes('greet', { name: 'Ada' })
const GREETED = { status: 'ok', output: 'hello Ada' }
const JSON_BODY = Buffer.from(
  '{"function":"greet","input":{"@type":"type.googleapis.com/google.protobuf.Empty"}}',
)
const DISPATCH_JSON = 'application/vnd.dispatch.v1+json'

function remoteOptions(): DispatchMiddlewareOptions {
  return { functions: [greet], verificationKey: VERIFICATION_KEY, scheduler: createNoScheduler(), env: {} }
}

function localOptions(): DispatchMiddlewareOptions {
  return { ...EMBEDDED, store: ':memory:' }
}

async function listen(t: Test, app: http.RequestListener): Promise<{ url: string; authority: string }> {
  const server = http.createServer(app)
  const url = await listening(server)
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url, authority: new URL(url).host }
}

function middlewareOf(t: Test, options: DispatchMiddlewareOptions) {
  const middleware = dispatchMiddleware(options)
  t.teardown(() => middleware.close())
  return middleware
}

/** Answers with the message of the error. */
const showError: ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(500).json({ error: error.message })
}

for (const [name, express] of [
  ['Express 4', express4],
  ['Express 5', express5],
] as const) {
  const parsers: readonly { name: string; parsers: RequestHandler[] }[] = [
    { name: 'json()', parsers: [express.json()] },
    { name: 'json() and urlencoded()', parsers: [express.json(), express.urlencoded({ extended: true })] },
    { name: 'raw() of every type', parsers: [express.raw({ type: '*/*' })] },
    { name: 'text() of text', parsers: [express.text()] },
    {
      name: 'all four with their defaults',
      parsers: [express.json(), express.urlencoded(), express.raw({ type: 'image/*' }), express.text()],
    },
  ]
  for (const { name: parserName, parsers: inFront } of parsers) {
    t.test(`situation 1: ${name}: ${parserName} in front`, async (t) => {
      const app = express()
      for (const parser of inFront) app.use(parser)
      app.use(middlewareOf(t, remoteOptions()))
      app.post('/echo', (request, response) => {
        response.json(
          Buffer.isBuffer(request.body) ? JSON.parse(request.body.toString()) : (request.body ?? null),
        )
      })
      const { url, authority } = await listen(t, app)
      t.strictSame(outputOf(await exchange(url, signedRun({ authority, body: BODY }))), GREETED)
      const json = await exchange(url, signedRun({ authority, body: JSON_BODY, contentType: DISPATCH_JSON }))
      t.equal(json.status, 200)
      t.equal((await exchange(url, jsonRequest('/echo', { a: 1 }))).status, 200)
    })
  }

  t.test(`situation 1: ${name}: a parser in front that keeps the bytes in rawBody`, async (t) => {
    const app = express()
    const verify = (request: http.IncomingMessage, _response: unknown, bytes: Buffer) => {
      Object.assign(request, { rawBody: bytes })
    }
    app.use(express.json({ type: '*/*', strict: false, verify }))
    app.use(middlewareOf(t, remoteOptions()))
    const { url, authority } = await listen(t, app)
    const answer = await exchange(
      url,
      signedRun({ authority, body: JSON_BODY, contentType: 'application/json' }),
    )
    t.equal(answer.status, 200)
  })

  const thieves = [
    {
      name: 'text() of every type',
      parser: express.text({ type: '*/*' }),
      body: BODY,
      contentType: 'application/proto',
    },
    {
      name: 'json() with application/json',
      parser: express.json(),
      body: JSON_BODY,
      contentType: 'application/json',
    },
    {
      name: 'raw() that decompresses',
      parser: express.raw({ type: '*/*' }),
      body: gzipSync(BODY),
      contentType: 'application/proto',
      headers: { 'content-encoding': 'gzip' },
    },
  ]
  for (const { name: parserName, parser, ...run } of thieves) {
    t.test(
      `situation 1: ${name}: ${parserName} in front is an error that names it, and no request hangs`,
      async (t) => {
        const app = express()
        app.use(parser)
        app.use(middlewareOf(t, remoteOptions()))
        const { url, authority } = await listen(t, app)
        const answer = await exchange(url, signedRun({ authority, ...run }))
        t.equal(answer.status, 500)
        t.match(jsonOf(answer), {
          code: 'internal',
          message: /^DISPATCH_BODY_CONSUMED: .* Mount Dispatch before/,
        })
      },
    )
  }

  t.test(`situation 3: ${name}: mounted twice, in a router and in a nested application`, async (t) => {
    const app = express()
    const middleware = middlewareOf(t, localOptions())
    const below = express()
    const router = express.Router()
    const handler: RequestHandler = (request, response) =>
      response.dispatched(request.dispatch(greet, { name: 'Ada' }))
    for (const target of [below, router]) {
      target.use(middleware)
      target.post('/greet', handler)
    }
    app.use('/one', router)
    app.use('/two/three', below)
    const { url } = await listen(t, app)
    for (const mount of ['/one', '/two/three']) {
      const answer = await exchange(url, { method: 'POST', path: `${mount}/greet` })
      t.match(answer.headers.location, new RegExp(`^${mount}/dispatch/calls/`))
      t.match(jsonOf(await exchange(url, { path: `${answer.headers.location}?wait=10s` })), GREETED)
      t.equal((await exchange(url, { path: `${mount}${RUN_PATH}` })).status, 405)
    }
    t.equal((await exchange(url, { path: RUN_PATH })).status, 404)
  })

  t.test(`situation 6: ${name}: helmet, compression, a rate limit and a guard in front`, async (t) => {
    const app = express()
    app.use(helmet(), compression({ threshold: 0 }), rateLimit({ limit: 100, legacyHeaders: true }))
    app.use((request, response, next) => {
      if (request.path === RUN_PATH || request.get('authorization')) next()
      else response.status(401).json({ error: 'who are you?' })
    })
    app.use(middlewareOf(t, remoteOptions()))
    app.get('/', (_request, response) => {
      response.send('secret')
    })
    const { url, authority } = await listen(t, app)
    t.equal((await exchange(url, { path: '/' })).status, 401)
    const headers = { 'accept-encoding': 'gzip, br' }
    const plain = await exchange(url, signedRun({ authority, body: BODY, headers }))
    t.strictSame(outputOf(plain), GREETED)
    t.ok(plain.headers['content-security-policy'])
    t.equal(plain.headers['x-ratelimit-limit'], '100')
    const compressed = { ...headers, 'content-encoding': 'gzip' }
    const body = gzipSync(BODY)
    t.strictSame(outputOf(await exchange(url, signedRun({ authority, body, headers: compressed }))), GREETED)
  })

  t.test(`situation 7: ${name}: an error never hangs, and goes to the nearest error handler`, async (t) => {
    const app = express()
    app.use(middlewareOf(t, localOptions()))
    const router = express.Router()
    router.post('/refused', (request, response) =>
      response.dispatched(request.dispatch(greet, undefined as never, { delay: 'soon' })),
    )
    router.post('/no-handle', (_request, response) => {
      void response.dispatched({} as never)
    })
    router.post('/rejected', (_request, response) => response.dispatched(Promise.reject(new Error('mine'))))
    router.use(showError)
    app.use('/api', router)
    app.use(((_error, _request, response, _next) => {
      response.status(418).end()
    }) as ErrorRequestHandler)
    const { url } = await listen(t, app)
    for (const [path, want] of [
      ['/api/refused', /^greet: options\.delay: expected a duration/],
      ['/api/no-handle', /^dispatched\(handle\): expected the handle/],
      ['/api/rejected', /^mine$/],
    ] as const) {
      const answer = await exchange(url, { method: 'POST', path })
      t.equal(answer.status, 500, path)
      t.match(jsonOf(answer), { error: want }, path)
    }
  })

  t.test(
    `situation 7: ${name}: a call that cannot be looked up is an error of the application`,
    async (t) => {
      const app = express()
      app.use(middlewareOf(t, remoteOptions()))
      app.use(showError)
      const { url } = await listen(t, app)
      const answer = await exchange(url, { path: '/dispatch/calls/1' })
      t.equal(answer.status, 500)
      t.strictSame(jsonOf(answer), { error: 'there is no scheduler' })
    },
  )

  // Situation 16, HTTP/2: Express does not support it; connect.test.ts tests the middleware over it.

  t.test(
    `situation 19: ${name}: with two middlewares, the decorators are those of the last one`,
    async (t) => {
      const app: Express = express()
      const first = middlewareOf(t, { ...localOptions(), callsPath: '/first' })
      const second = middlewareOf(t, { ...localOptions(), callsPath: '/second' })
      app.use(first, second)
      app.get('/', (request, response) => response.dispatched(request.dispatch(greet, { name: 'Ada' })))
      const { url } = await listen(t, app)
      const answer = await exchange(url, { path: '/' })
      t.match(answer.headers.location, /^\/second\//)
      t.match(jsonOf(await exchange(url, { path: `${answer.headers.location}?wait=10s` })), GREETED)
    },
  )

  t.test(`${name}: with app.use() and listen() alone, calls of the previous process are run`, async (t) => {
    const store = join(temporaryFolder(t), 'calls.db')
    const before = dispatchMiddleware({ ...EMBEDDED, store, start: 'manual' })
    const ran = EMBEDDED.functions.find((fn) => fn.name === 'ran') as typeof greet
    await before.dispatch.dispatch(ran, { name: '' })
    await before.close()
    const hasRun = nextRunOf('ran')
    const app = express()
    app.use(middlewareOf(t, { ...EMBEDDED, store }))
    await listen(t, app)
    await hasRun
    t.pass('it ran')
  })

  t.test(
    `situation 11: ${name}: the start is repeated while another process has the store open`,
    async (t) => {
      const store = join(temporaryFolder(t), 'calls.db')
      const other = dispatchMiddleware({ ...EMBEDDED, store, start: 'manual' })
      await other.dispatch.open()
      const reports: string[] = []
      const app = express()
      const reported = new Promise<void>((resolve) => {
        const ignore = () => {}
        const error = (_fields: object, message: string) => {
          reports.push(message)
          resolve()
        }
        const logger = { debug: ignore, info: ignore, warn: ignore, error }
        app.use(middlewareOf(t, { ...EMBEDDED, store, logger }))
      })
      app.post('/', (request, response) => response.dispatched(request.dispatch(greet, { name: 'Ada' })))
      app.use(showError)
      const { url } = await listen(t, app)
      await reported
      const refused = await exchange(url, { method: 'POST', path: '/' })
      t.equal(refused.status, 500)
      t.equal(reports.length, 1)
      t.match(reports[0], /^calls cannot be run: .*calls\.db/)
      await other.close()
      const answer = await exchange(url, { method: 'POST', path: '/?wait=10s' })
      t.match(jsonOf(answer), GREETED)
    },
  )
}

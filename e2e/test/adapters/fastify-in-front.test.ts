import { gzipSync } from 'node:zlib'
import { RUN_PATH } from '@dispatch/core/adapter'
import { dispatchMiddleware } from '@dispatch/express'
import { dispatchPlugin } from '@dispatch/fastify'
import fastifyCompress from '@fastify/compress'
import fastifyExpress from '@fastify/express'
import fastifyHelmet from '@fastify/helmet'
import fastifyRateLimit from '@fastify/rate-limit'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { express4 } from '../helpers/adapters/adapters.js'
import { BODY, GREETED, listen, REMOTE, remoteOptions } from '../helpers/adapters/fastify-fixtures.js'
import { exchange, jsonOf, jsonRequest } from '../helpers/http/http-exchange.js'
import { createNoScheduler } from '../helpers/runs/no-scheduler.js'
import { outputOf, signedRun } from '../helpers/runs/run-exchange.js'

const PARSERS: readonly { name: string; add: (app: FastifyInstance) => void }[] = [
  {
    name: 'of its own for JSON',
    add: (app) =>
      app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
        done(null, JSON.parse(body as string)),
      ),
  },
  {
    name: 'of its own for binary messages',
    add: (app) =>
      app.addContentTypeParser('application/proto', (_request, _payload, done) => done(null, 'theirs')),
  },
  {
    name: 'for everything else',
    add: (app) => app.addContentTypeParser('*', (_request, _payload, done) => done(null, 'theirs')),
  },
]

for (const { name, add } of PARSERS) {
  t.test(`situation 1: the application has a parser ${name}, before or after the plugin`, async (t) => {
    for (const order of ['before', 'after']) {
      const app = Fastify()
      if (order === 'before') add(app)
      await app.register(dispatchPlugin, remoteOptions())
      if (order === 'after') add(app)
      app.post('/echo', async (request) => request.body)
      const { url, authority } = await listen(t, app)
      t.strictSame(outputOf(await exchange(url, signedRun({ authority, body: BODY }))), GREETED, order)
      t.strictSame(jsonOf(await exchange(url, jsonRequest('/echo', { a: 1 }))), { a: 1 }, order)
    }
  })
}

t.test('situation 1: the plugin does not make the application accept binary messages', async (t) => {
  const app = Fastify()
  await app.register(dispatchPlugin, remoteOptions())
  app.post('/echo', async (request) => request.body)
  const { url } = await listen(t, app)
  const headers = { 'content-type': 'application/proto' }
  t.equal((await exchange(url, { method: 'POST', path: '/echo', headers, body: BODY })).status, 415)
})

t.test('situation 6: a hook that lets only users in skips the route by its config', async (t) => {
  const app = Fastify()
  await app.register(dispatchPlugin, remoteOptions())
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.dispatch) return
    if (request.headers.authorization === undefined) await reply.code(401).send({ error: 'who are you?' })
  })
  app.get('/', async () => 'secret')
  const { url, authority } = await listen(t, app)
  t.equal((await exchange(url, { path: '/' })).status, 401)
  t.strictSame(outputOf(await exchange(url, signedRun({ authority, body: BODY }))), GREETED)
})

t.test(
  'situation 6: an error of a hook is answered with its status, in the format of the protocol',
  async (t) => {
    const app = Fastify()
    await app.register(dispatchPlugin, remoteOptions())
    let statusCode = 0
    app.setErrorHandler((_error, _request, reply) => reply.type('text/html').send('<h1>sorry</h1>'))
    app.addHook('onRequest', async () => {
      throw Object.assign(new Error('not you'), { statusCode })
    })
    const { url, authority } = await listen(t, app)
    for (const [status, want, code] of [
      [401, 401, 'unauthenticated'],
      [403, 403, 'permission_denied'],
      [429, 429, 'resource_exhausted'],
      [418, 418, 'invalid_argument'],
    ] as const) {
      statusCode = status
      const answer = await exchange(url, signedRun({ authority, body: BODY }))
      t.equal(answer.status, want)
      t.strictSame(jsonOf(answer), { code, message: 'not you' })
    }
    statusCode = 500
    const answer = await exchange(url, signedRun({ authority, body: BODY }))
    t.strictSame(jsonOf(answer), { code: 'internal', message: 'internal error' })
  },
)

t.test('situation 6: helmet, compression and a rate limit in front change nothing', async (t) => {
  const app = Fastify()
  await app.register(fastifyHelmet)
  await app.register(fastifyCompress, { threshold: 0 })
  await app.register(fastifyRateLimit, { max: 100 })
  app.addHook('onSend', async (_request, _reply, payload) =>
    typeof payload === 'string' ? payload.toUpperCase() : payload,
  )
  await app.register(dispatchPlugin, remoteOptions())
  const { url, authority } = await listen(t, app)
  const headers = { 'accept-encoding': 'gzip, br' }
  const plain = await exchange(url, signedRun({ authority, body: BODY, headers }))
  t.strictSame(outputOf(plain), GREETED)
  t.ok(plain.headers['content-security-policy'], 'helmet is active')
  t.equal(plain.headers['x-ratelimit-limit'], '100')
  const compressed = { ...headers, 'content-encoding': 'gzip' }
  const body = gzipSync(BODY)
  t.strictSame(outputOf(await exchange(url, signedRun({ authority, body, headers: compressed }))), GREETED)
  const unsigned = await exchange(url, { method: 'POST', path: RUN_PATH, headers, body: BODY })
  t.match(jsonOf(unsigned), { code: 'unauthenticated' })
})

t.test('situation 9: Express below Fastify', async (t) => {
  await t.test('the plugin works beside it', async (t) => {
    const app = Fastify()
    await app.register(fastifyExpress)
    app.use(express4.json())
    await app.register(dispatchPlugin, remoteOptions())
    const { url, authority } = await listen(t, app)
    t.strictSame(outputOf(await exchange(url, signedRun({ authority, body: BODY }))), GREETED)
  })
  await t.test('the plugin uses the bytes that a parser has stored', async (t) => {
    const app = Fastify()
    await app.register(fastifyExpress)
    app.use(express4.raw({ type: '*/*' }))
    await app.register(dispatchPlugin, remoteOptions())
    const { url, authority } = await listen(t, app)
    t.strictSame(outputOf(await exchange(url, signedRun({ authority, body: BODY }))), GREETED)
  })
  await t.test(
    'a body that a text parser has consumed is an error that names it, and the request does not hang',
    async (t) => {
      const app = Fastify()
      await app.register(fastifyExpress)
      app.use(express4.text({ type: '*/*' }))
      await app.register(dispatchPlugin, remoteOptions())
      const { url, authority } = await listen(t, app)
      const answer = await exchange(url, signedRun({ authority, body: BODY }))
      t.equal(answer.status, 500)
      t.match(jsonOf(answer), {
        code: 'internal',
        message: /^DISPATCH_BODY_CONSUMED: .* Mount Dispatch before/,
      })
    },
  )
  await t.test('the middleware works in it', async (t) => {
    const app = Fastify()
    await app.register(fastifyExpress)
    const middleware = dispatchMiddleware({ ...REMOTE, scheduler: createNoScheduler() })
    app.use('/express', middleware)
    const { url, authority } = await listen(t, app)
    const path = `/express${RUN_PATH}`
    t.strictSame(outputOf(await exchange(url, signedRun({ authority, body: BODY, path }))), GREETED)
    await middleware.close()
  })
})

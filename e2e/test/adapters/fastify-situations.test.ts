import http from 'node:http'
import http2 from 'node:http2'
import { Agent } from 'node:https'
import { Dispatch } from '@dispatch/core'
import { RUN_PATH } from '@dispatch/core/adapter'
import { dispatchPlugin } from '@dispatch/fastify'
import Fastify from 'fastify'
import t from 'tap'
import {
  BODY,
  GREETED,
  listen,
  localOptions,
  REMOTE,
  remoteOptions,
} from '../helpers/adapters/fastify-fixtures.js'
import { EMBEDDED, greet, until } from '../helpers/adapters/fixtures.js'
import { exchange, jsonOf } from '../helpers/http/http-exchange.js'
import { http2Exchange } from '../helpers/http/http2-exchange.js'
import { TEST_CERTIFICATE, TEST_KEY } from '../helpers/http/test-certificate.js'
import { outputOf, signedRun } from '../helpers/runs/run-exchange.js'

t.test('situation 16: HTTP/2', async (t) => {
  const app = Fastify({ http2: true })
  await app.register(dispatchPlugin, remoteOptions())
  await app.register(dispatchPlugin, {
    ...localOptions(),
    prefix: '/local',
    decorateAs: { dispatch: 'local', dispatched: 'locally' },
  })
  app.post('/greet', async (request, reply) =>
    (reply as never as { locally: typeof reply.dispatched }).locally(
      (request as never as { local: typeof request.dispatch }).local(greet, { name: 'Ada' }),
    ),
  )
  const { url, authority } = await listen(t, app)
  const session = http2.connect(url)
  t.teardown(() => session.close())
  t.strictSame(outputOf(await http2Exchange(session, signedRun({ authority, body: BODY }))), GREETED)
  const greeted = await http2Exchange(session, { method: 'POST', path: '/greet?wait=10s' })
  t.match(jsonOf(greeted), GREETED)
  t.match(greeted.headers.location, /^\/local\/dispatch\/calls\//)
  const headers = { 'connect-protocol-version': '2' }
  const refused = await http2Exchange(session, { method: 'POST', path: RUN_PATH, headers, body: BODY })
  t.equal(refused.status, 400)
  session.close()
  await app.close()
})

t.test('situation 16: HTTP/2 and HTTP/1.1 over TLS', async (t) => {
  const https = { key: TEST_KEY, cert: TEST_CERTIFICATE, allowHTTP1: true }
  const app = Fastify({ http2: true, https })
  await app.register(dispatchPlugin, remoteOptions())
  const { url, authority } = await listen(t, app)
  const session = http2.connect(url, { ca: TEST_CERTIFICATE })
  t.teardown(() => session.close())
  const run = signedRun({ authority, body: BODY })
  t.strictSame(outputOf(await http2Exchange(session, run)), GREETED)
  const agent = new Agent({ ca: TEST_CERTIFICATE, ALPNProtocols: ['http/1.1'] })
  t.strictSame(outputOf(await exchange(url, { ...run, agent })), GREETED)
})

t.test('situation 17: an application that never listens', async (t) => {
  await t.test('runs calls with start: ready', async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(dispatchPlugin, { ...localOptions(), start: 'ready' })
    await app.ready()
    t.equal(await (await app.dispatch(greet, { name: 'Ada' })).result(), 'hello Ada')
  })
  await t.test('accepts calls, and runs them when start() is called', async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(dispatchPlugin, { ...localOptions(), start: 'manual' })
    const handle = await app.dispatch(greet, { name: 'Ada' })
    await app.ready()
    t.equal((await handle.status()).state, 'pending')
    await app.dispatch.instance.start()
    t.equal(await handle.result(), 'hello Ada')
  })
  await t.test('serves runs that a platform passes on with a body that it has read', async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(dispatchPlugin, remoteOptions())
    await app.ready()
    // Like Google Cloud Functions.
    const platform = http.createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      app.server.emit('request', Object.assign(request, { rawBody: Buffer.concat(chunks) }), response)
    })
    await new Promise<void>((resolve) => platform.listen(0, '127.0.0.1', resolve))
    t.teardown(() => platform.close())
    const { port } = platform.address() as { port: number }
    const authority = `127.0.0.1:${port}`
    t.strictSame(
      outputOf(await exchange(`http://${authority}`, signedRun({ authority, body: BODY }))),
      GREETED,
    )
  })
})

t.test('situation 19: a second plugin', async (t) => {
  await t.test('in one scope is refused with the fix', async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(dispatchPlugin, localOptions())
    await t.rejects(async () => app.register(dispatchPlugin, { ...localOptions(), prefix: '/b' }), {
      name: 'TypeError',
      message: /app\.dispatch .* exists already.* decorateAs/,
    })
  })
  await t.test('beside a decorator of the application with the same name is refused', async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    app.decorateReply('dispatched', async () => {})
    await t.rejects(
      async () => app.register(dispatchPlugin, localOptions()),
      /reply\.dispatched exists already/,
    )
  })
  await t.test('in one scope works with other names and another prefix', async (t) => {
    const app = Fastify()
    await app.register(dispatchPlugin, localOptions())
    const decorateAs = { dispatch: 'other', dispatched: 'othered' }
    await app.register(dispatchPlugin, { ...localOptions(), prefix: '/other', decorateAs })
    const { url } = await listen(t, app)
    const { other } = app as never as { other: typeof app.dispatch }
    t.not(other.instance, app.dispatch.instance)
    const handle = await other(greet, { name: 'Ada' })
    t.equal(await handle.result(), 'hello Ada')
    t.equal((await exchange(url, { path: `/other/dispatch/calls/${handle.id}` })).status, 200)
    t.equal((await exchange(url, { path: `/dispatch/calls/${handle.id}` })).status, 404)
  })
})

t.test('situation 22: plugins in two sibling scopes share one scheduler', async (t) => {
  const dispatch = new Dispatch({ ...EMBEDDED, store: ':memory:' })
  const app = Fastify()
  for (const prefix of ['/a', '/b']) {
    await app.register(
      async (scope) => {
        await scope.register(dispatchPlugin, { dispatch })
        scope.post('/greet', async (request, reply) =>
          reply.dispatched(request.dispatch(greet, { name: prefix })),
        )
      },
      { prefix },
    )
  }
  t.equal(app.hasDecorator('dispatch'), false)
  const { url } = await listen(t, app)
  for (const [prefix, sibling] of [
    ['/a', '/b'],
    ['/b', '/a'],
  ] as const) {
    const answer = await exchange(url, { method: 'POST', path: `${prefix}/greet` })
    t.match(answer.headers.location, new RegExp(`^${prefix}/dispatch/calls/`))
    const path = `${answer.headers.location?.replace(prefix, sibling)}?wait=10s`
    t.match(jsonOf(await exchange(url, { path })), { status: 'ok', output: `hello ${prefix}` })
  }
  await app.close()
  await t.rejects(dispatch.dispatch(greet, { name: 'x' }), { message: /is closed/ })
})

t.test('a prefix moves the routes and nothing else', async (t) => {
  const app = Fastify()
  await app.register(dispatchPlugin, { ...localOptions(), prefix: '/internal' })
  app.get('/', async (request, reply) => reply.dispatched(request.dispatch(greet, { name: 'Ada' })))
  const { url } = await listen(t, app)
  const answer = await exchange(url, { path: '/?wait=10s' })
  t.match(jsonOf(answer), GREETED)
  t.equal((await exchange(url, { path: `${answer.headers.location}` })).status, 200)
  t.equal((await exchange(url, { path: `/internal${RUN_PATH}` })).status, 405)
  t.equal((await exchange(url, { path: RUN_PATH })).status, 404)
})

t.test('while the application closes, runs are refused with 503', async (t) => {
  const app = Fastify({ return503OnClosing: false })
  await app.register(dispatchPlugin, remoteOptions())
  let arrive = () => {}
  let open = () => {}
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  app.get('/gate', async () => {
    arrive()
    await gate
    return 'open'
  })
  const { url, authority } = await listen(t, app)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const first = exchange(url, { path: '/gate', agent })
  await arrived
  // Sent over the same connection when that is free. The server then closes it, and refuses a new one.
  const run = exchange(url, { ...signedRun({ authority, body: BODY }), agent })
  const closed = app.close()
  await until(() => app.dispatch.instance.isStopping)
  open()
  t.equal((await first).headers.connection, 'close')
  await t.rejects(run, { code: 'ECONNREFUSED' })
  await closed
})

t.test('a store that cannot be opened is an error of ready()', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(dispatchPlugin, { ...EMBEDDED, store: '/dev/null/calls.db' })
  await t.rejects(async () => app.ready(), { name: /Error$/, message: /\/dev\/null/ })
})

t.test(
  'an application without an API key serves runs, and its first dispatch rejects with what is missing',
  async (t) => {
    const app = Fastify()
    await app.register(dispatchPlugin, {
      ...REMOTE,
      apiUrl: 'http://127.0.0.1:9',
      endpointUrl: 'http://app.example',
    })
    const { url } = await listen(t, app)
    const run = signedRun({ authority: 'app.example', body: BODY })
    t.strictSame(outputOf(await exchange(url, run)), GREETED)
    await t.rejects(app.dispatch(greet, { name: 'Ada' }), { message: /DISPATCH_API_KEY/ })
  },
)

t.test('an invalid option is refused with its name', async (t) => {
  for (const [options, message] of [
    [{ start: 'later' as never }, /^option start: expected 'listen', 'ready' or 'manual', got "later"/],
    [{ dispatch: {} as never }, /^option dispatch: expected a Dispatch, got an object/],
    [{ callsPath: '/jobs/:id' }, /^option callsPath: expected a path .* got "\/jobs\/:id"/],
    [{ bodyBytesMax: 0 }, /^option bodyBytesMax/],
  ] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(async () => app.register(dispatchPlugin, { ...localOptions(), ...options }), {
      name: 'TypeError',
      message,
    })
  }
})

t.test('reply.dispatched refuses a value that is not a handle', async (t) => {
  const app = Fastify()
  await app.register(dispatchPlugin, localOptions())
  app.get('/', async (_request, reply) => reply.dispatched('id' as never))
  const { url } = await listen(t, app)
  const answer = await exchange(url, { path: '/' })
  t.equal(answer.status, 500)
  t.match(answer.body.toString(), /dispatched\(handle\): expected the handle that dispatch\(\) resolves with/)
})

import http from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { RUN_PATH } from '@dispatch/core/adapter'
import { dispatchMiddleware } from '@dispatch/express'
import connect from 'connect'
import t, { type Test } from 'tap'
import { listening } from '../helpers/adapters/adapters.js'
import { EMBEDDED, greet } from '../helpers/adapters/fixtures.js'
import { type Answer, type Exchange, exchange, jsonOf } from '../helpers/http/http-exchange.js'
import { http2Exchange } from '../helpers/http/http2-exchange.js'
import { createNoScheduler } from '../helpers/runs/no-scheduler.js'
import { outputOf, runBytes, signedRun, VERIFICATION_KEY } from '../helpers/runs/run-exchange.js'

const BODY = runBytes('greet', { name: 'Ada' })
const GREETED = { status: 'ok', output: 'hello Ada' }

interface Served {
  readonly authority: string
  readonly send: (request: Exchange) => Promise<Answer>
}

const SERVERS: readonly { name: string; serve: (t: Test, app: connect.Server) => Promise<Served> }[] = [
  {
    name: 'HTTP/1.1',
    async serve(t, app) {
      const server = http.createServer(app)
      const url = await listening(server)
      t.teardown(() => {
        server.closeAllConnections()
        server.close()
      })
      return { authority: new URL(url).host, send: (request) => exchange(url, request) }
    },
  },
  {
    name: 'situation 16: HTTP/2',
    async serve(t, app) {
      const server = http2.createServer(app as never)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`
      const session = http2.connect(`http://${authority}`)
      t.teardown(() => {
        session.destroy()
        server.close()
      })
      return { authority, send: (request) => http2Exchange(session, request) }
    },
  },
]

for (const { name, serve } of SERVERS) {
  t.test(`${name}: Connect dispatches calls and shows their results`, async (t) => {
    const middleware = dispatchMiddleware({ ...EMBEDDED, store: ':memory:' })
    t.teardown(() => middleware.close())
    const app = connect()
    app.use(middleware)
    app.use('/greet', (request, response) => {
      const { dispatch } = request as never as { dispatch: typeof middleware.dispatch.dispatch }
      const { dispatched } = response as never as { dispatched: (handle: unknown) => Promise<void> }
      void dispatched(dispatch(greet, { name: 'Ada' }))
    })
    const { send } = await serve(t, app)
    const answer = await send({ method: 'POST', path: '/greet' })
    t.equal(answer.status, 202)
    t.match(jsonOf(await send({ path: `${answer.headers.location}?wait=10s` })), GREETED)
  })

  t.test(`${name}: Connect serves runs, at a mount too`, async (t) => {
    const options = { functions: [greet], verificationKey: VERIFICATION_KEY, env: {} }
    const middleware = dispatchMiddleware({ ...options, scheduler: createNoScheduler() })
    t.teardown(() => middleware.close())
    const app = connect()
    app.use('/a/b', middleware)
    const { authority, send } = await serve(t, app)
    const path = `/a/b${RUN_PATH}`
    t.strictSame(outputOf(await send(signedRun({ authority, body: BODY, path }))), GREETED)
    t.equal((await send({ path })).status, 405)
    t.equal((await send({ method: 'POST', path, body: BODY })).status, 401)
  })

  t.test(`${name}: Connect has errors in its error handler`, async (t) => {
    const middleware = dispatchMiddleware({ ...EMBEDDED, store: ':memory:' })
    t.teardown(() => middleware.close())
    const app = connect()
    app.use(middleware)
    app.use((_request: unknown, response: http.ServerResponse) => {
      const { dispatched } = response as never as { dispatched: (handle: unknown) => Promise<void> }
      void dispatched(Promise.reject(new Error('mine')))
    })
    app.use(((error, _request, response, _next) => {
      response.statusCode = 418
      response.end(error.message)
    }) as connect.ErrorHandleFunction)
    const { send } = await serve(t, app)
    const answer = await send({ path: '/' })
    t.equal(answer.status, 418)
    t.equal(answer.body.toString(), 'mine')
  })
}

// Handlers run in a context of their own: none has the store of a request, of whichever request.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CallContext, func } from '@dispatch/core'
import { type DispatchPluginOptions, dispatchPlugin } from '@dispatch/fastify'
import { serveScheduler } from '@dispatch/scheduler'
import { fastifyRequestContext, requestContext } from '@fastify/request-context'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { EMBEDDED, temporaryFolder } from '../helpers/adapters/fixtures.js'
import { KEYS, VERIFICATION_KEY } from '../helpers/runs/run-exchange.js'

const REQUESTS = 200

/** The user whose request has the store that is current. */
function currentUser(): unknown {
  const store = requestContext.getStore()
  return store === undefined ? 'none' : (store as { user?: number }).user
}

const child = func('child', async () => currentUser())

/** The current user at its beginning, after durable steps and plain I/O, and in its children. */
const parent = func('parent', async (_: number, call: CallContext) => {
  const users = [currentUser()]
  users.push(await child.await(), currentUser())
  await new Promise((resolve) => setImmediate(resolve))
  users.push(currentUser())
  await call.sleep(1)
  users.push(currentUser(), ...(await child.gather([undefined, undefined])), currentUser())
  await child.dispatch()
  users.push(currentUser())
  return users
})

async function createApp(t: Test, options: DispatchPluginOptions): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyRequestContext)
  await app.register(dispatchPlugin, { functions: [child, parent], env: {}, ...options })
  app.post<{ Params: { user: string } }>('/:user', async (request) => {
    const user = Number(request.params.user)
    Object.assign(requestContext.getStore() ?? {}, { user })
    const { id } = await request.dispatch(parent, user)
    return { id, user: currentUser() }
  })
  return app
}

/** Posts all requests at once, each with a store of its own. Asserts that no handler had one. */
async function checkUsers(t: Test, app: FastifyInstance): Promise<void> {
  const users = Array.from({ length: REQUESTS }, (_, user) => user)
  const answers = await Promise.all(users.map((user) => app.inject({ method: 'POST', url: `/${user}` })))
  const requests = answers.map((answer) => answer.json<{ id: string; user: number }>())
  t.strictSame(
    requests.map(({ user }) => user),
    users,
    'each request keeps its own store',
  )
  const outputs = await Promise.all(requests.map(({ id }) => parent.call(id).result({ timeout: '30s' })))
  t.strictSame([...new Set(outputs.flat())], ['none'], 'no handler had a store')
}

const EMBEDDED_APPS: readonly { name: string; options: DispatchPluginOptions }[] = [
  { name: 'kept in memory', options: { store: ':memory:' } },
  { name: 'rebuilt at every resume', options: { store: ':memory:', replayCheck: true } },
  { name: 'with a file', options: {} },
]

for (const { name, options } of EMBEDDED_APPS) {
  t.test(`embedded, ${name}: no handler has the store of a request that dispatched`, async (t) => {
    const store = `${temporaryFolder(t)}/calls.db`
    const app = await createApp(t, {
      ...EMBEDDED,
      functions: [child, parent],
      store,
      start: 'ready',
      ...options,
    })
    await app.ready()
    await checkUsers(t, app)
  })
}

t.test('over HTTP: no handler has the store of the request for its run', async (t) => {
  const apiKey = 'key-of-the-test'
  const served = await serveScheduler({
    store: ':memory:',
    port: 0,
    apiKeys: [apiKey],
    signingKey: KEYS.privateKey,
  })
  t.teardown(() => served.close(0))
  const server = createServer((request, response) => app.routing(request, response))
  t.teardown(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpointUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const app = await createApp(t, {
    apiUrl: served.url,
    apiKey,
    endpointUrl,
    verificationKey: VERIFICATION_KEY,
  })
  await app.ready()
  await checkUsers(t, app)
})

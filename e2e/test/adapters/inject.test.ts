import { RUN_PATH } from '@dispatch/core/adapter'
import t from 'tap'
import { EXPRESS_4, EXPRESS_5, FASTIFY_5 } from '../helpers/adapters/adapters.js'
import { create, EMBEDDED } from '../helpers/adapters/fixtures.js'
import { jsonOf, jsonRequest } from '../helpers/http/http-exchange.js'
import { runBytes } from '../helpers/runs/run-exchange.js'

// In a process of its own: to support Express, light-my-request changes the prototypes of all its requests.
for (const adapter of [FASTIFY_5, EXPRESS_4, EXPRESS_5]) {
  t.test(`${adapter.name} works without a socket`, async (t) => {
    const app = create(t, adapter, { dispatch: { ...EMBEDDED, store: ':memory:' } })
    const answer = await app.inject(jsonRequest('/calls-of/greet', { name: 'Ada' }))
    t.equal(answer.status, 202)
    await app.dispatch.start()
    const result = await app.inject({ path: `${answer.headers.location}?wait=10s` })
    t.match(jsonOf(result), { status: 'ok', output: 'hello Ada' })
    const run = await app.inject({ method: 'POST', path: RUN_PATH, body: runBytes('greet', { name: 'x' }) })
    t.equal(run.status, 401)
    await app.close()
  })
}

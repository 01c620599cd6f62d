// One schema for a route of Fastify and for a function, with the type provider of either TypeBox.
import { func } from '@dispatch/core'
import { dispatchPlugin } from '@dispatch/fastify'
import { Type as OldType } from '@sinclair/typebox'
import Fastify from 'fastify'
import type { TypeBoxTypeProvider as OldProvider } from 'type-provider-typebox-0.34'
import type { TypeBoxTypeProvider } from 'type-provider-typebox-1'
import { Type } from 'typebox'

const Order = Type.Object({ order: Type.String(), cents: Type.Integer() })
const charge = func('charge', { input: Order }, async ({ cents }) => cents + 1)

const OldOrder = OldType.Object({ order: OldType.String(), cents: OldType.Integer() })
const oldCharge = func('oldCharge', { input: OldOrder }, async ({ cents }) => cents + 1)

const app = Fastify()
await app.register(dispatchPlugin, { functions: [charge, oldCharge], store: ':memory:', start: 'ready' })
app
  .withTypeProvider<TypeBoxTypeProvider>()
  .post('/charges', { schema: { body: Order } }, async (request, reply) =>
    reply.dispatched(request.dispatch(charge, request.body)),
  )
app
  .withTypeProvider<OldProvider>()
  .post('/old-charges', { schema: { body: OldOrder } }, async (request, reply) =>
    reply.dispatched(request.dispatch(oldCharge, request.body)),
  )
app
  .withTypeProvider<TypeBoxTypeProvider>()
  // @ts-expect-error the body is not what the function takes
  .post('/texts', { schema: { body: Type.String() } }, async ({ body }) => charge.dispatch(body))
await app.ready()

for (const url of ['/charges', '/old-charges']) {
  const answer = await app.inject({
    method: 'POST',
    url: `${url}?wait=10s`,
    payload: { order: 'a', cents: 5 },
  })
  if (answer.json().output !== 6) throw new Error(`${url}: expected 6, got ${answer.body}`)
  const refused = await app.inject({ method: 'POST', url, payload: { order: 'a', cents: 'five' } })
  if (refused.statusCode !== 400) throw new Error(`${url}: expected 400, got ${refused.statusCode}`)
}
await app.close()

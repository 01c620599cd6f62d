import { func } from '@dispatch/core'
import { dispatchPlugin } from '@dispatch/fastify'
import Fastify from 'fastify'
import { type Parcel, ship } from './parcel.js'

/** Waits for a function of another application, durably: neither has to be running while the other works. */
const sell = func('sell', async (parcel: Parcel) => {
  const receipt = await ship.await(parcel, { endpoint: process.env.WAREHOUSE_URL })
  return { ...receipt, soldBy: `shop, process ${process.pid}` }
})

// A Fastify application. DISPATCH_API_URL and the other variables say where its scheduler is.
const app = Fastify()
await app.register(dispatchPlugin, { functions: [sell] })
app.post<{ Body: Parcel }>('/orders', (request, reply) =>
  reply.dispatched(request.dispatch(sell, request.body)),
)
await app.listen({ host: 'localhost', port: Number(process.env.PORT ?? 3001) })
console.log('shop is open')
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => app.close())

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** A payment service: charges once per idempotency key, after it has failed as often as `failures` say. */
export async function startPayments(t: Test) {
  let noteAsked: () => void = () => {}
  const payments = {
    url: '',
    failures: [] as (number | 'reset')[],
    /** Accepts requests and never responds. */
    isSilent: false,
    /** Keys of all requests. */
    keys: [] as string[],
    /** Orders that were charged, by key. */
    charges: new Map<string, string>(),
    /** Resolves at the first request. */
    asked: new Promise<void>((resolve) => {
      noteAsked = resolve
    }),
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { order } = JSON.parse(Buffer.concat(chunks).toString()) as { order: string }
    const key = String(request.headers['idempotency-key'])
    payments.keys.push(key)
    noteAsked()
    if (payments.isSilent) return
    const failure = payments.failures.shift()
    if (failure === 'reset') return request.socket.destroy()
    if (failure !== undefined) return response.writeHead(failure).end()
    payments.charges.set(key, order)
    return response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ receipt: order }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  payments.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return payments
}

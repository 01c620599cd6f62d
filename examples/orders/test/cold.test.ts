import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Dispatch } from '@dispatch/core'
import t, { type Test } from 'tap'
import { createFunctions } from '../dist/functions.js'

const ORDERS = ['1', '2', '3'].map((id) => ({
  id,
  customer: 'Ada',
  email: 'a@example.com',
  sku: 'X',
  quantity: 2,
  unitCents: 150,
  currency: 'EUR',
  country: 'DE',
}))

/** What an import gives, and what it asked of the payment service, whose answers follow from the requests. */
async function importWith(t: Test, replayCheck: boolean): Promise<{ result: unknown; requests: string[] }> {
  const requests: string[] = []
  const payments = createServer((request, response) => {
    const [root, ...place] = String(request.headers['idempotency-key']).split('/')
    requests.push(`${request.url} ${place.join('/')} ${root?.length}`)
    response.end(JSON.stringify({ id: place.join('-') }))
  })
  await new Promise<void>((resolve) => payments.listen(0, '127.0.0.1', resolve))
  t.teardown(() => payments.close().closeAllConnections())
  const { all, importOrders } = createFunctions({
    paymentsUrl: `http://127.0.0.1:${(payments.address() as AddressInfo).port}`,
    paymentsTimeoutMs: 10_000,
  })
  const dispatch = new Dispatch({ functions: all, store: ':memory:', env: {}, replayCheck })
  t.teardown(() => dispatch.close())
  await dispatch.start()
  const handle = await dispatch.dispatch(importOrders, ORDERS as never)
  return { result: await handle.result({ timeout: '20s' }), requests: requests.sort() }
}

t.test('every function does the same when it is rebuilt at each await', async (t) => {
  const warm = await importWith(t, false)
  t.match(warm.result, { orders: 3, cents: { EUR: 900 } })
  t.equal(warm.requests.length, 6)
  t.strictSame(await importWith(t, true), warm)
})

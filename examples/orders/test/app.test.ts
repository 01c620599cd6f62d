import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { createApp } from '../dist/app.js'

const HEADER = 'order_id,customer,email,sku,quantity,unit_cents,currency,country\n'
const TWO_ORDERS = `${HEADER}1,"Ångström, ""Ada""",a@example.com,X,2,150,EUR,DE\n2,Bo,b@example.com,Y,1,99,SEK,SE\n`

/** An application whose payment service never fails, and records the keys it gets. */
async function openApp(t: Test): Promise<{ app: FastifyInstance; keys: string[] }> {
  const keys: string[] = []
  const payments = createServer((request, response) => {
    keys.push(`${request.url} ${request.headers['idempotency-key']}`)
    response.end('{"id":"x"}')
  })
  await new Promise<void>((resolve) => payments.listen(0, '127.0.0.1', resolve))
  const { port } = payments.address() as AddressInfo
  const app = await createApp({
    store: ':memory:',
    paymentsUrl: `http://127.0.0.1:${port}`,
    paymentsTimeoutMs: 10_000,
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => {
    await app.close()
    payments.closeAllConnections()
    payments.close()
  })
  return { app, keys }
}

function postImport(app: FastifyInstance, payload: string, headers: Record<string, string> = {}) {
  return app.inject({
    method: 'POST',
    url: '/imports?wait=10s',
    headers: { 'content-type': 'text/csv', ...headers },
    payload,
  })
}

t.test('an import charges each order once, under a key of its own', async (t) => {
  const { app, keys } = await openApp(t)
  const response = await postImport(app, TWO_ORDERS)
  t.equal(response.statusCode, 200)
  t.match(response.json(), { status: 'ok', output: { orders: 2, cents: { EUR: 300, SEK: 99 } } })
  t.equal(keys.filter((key) => key.startsWith('/charges ')).length, 2)
  t.equal(new Set(keys).size, 4)
})

t.test('the same file is the same import, unless the Idempotency-Key differs', async (t) => {
  const { app, keys } = await openApp(t)
  const first = await postImport(app, TWO_ORDERS)
  const same = await postImport(app, TWO_ORDERS)
  t.equal(same.json().id, first.json().id)
  t.equal(keys.length, 4)
  const other = await postImport(app, TWO_ORDERS, { 'idempotency-key': 'again' })
  t.not(other.json().id, first.json().id)
  t.equal(keys.length, 8)
})

t.test('a file that is not a list of orders is refused, and the message has the line', async (t) => {
  const { app, keys } = await openApp(t)
  const cases = [
    { name: 'nothing in it', csv: HEADER, want: /there are no orders/ },
    {
      name: 'a quantity of 0',
      csv: `${HEADER}1,A,a@example.com,X,0,150,EUR,DE\n`,
      want: /line 2: quantity: expected a positive integer, got 0/,
    },
    {
      name: 'no country',
      csv: `${HEADER}1,A,a@example.com,X,1,150,EUR,\n`,
      want: /line 2: country is missing/,
    },
    { name: 'a field too many', csv: `${HEADER}1,A,a@example.com,X,1,150,EUR,DE,!\n`, want: /line 2/ },
    {
      name: 'one id twice',
      csv: `${TWO_ORDERS}1,A,a@example.com,X,1,150,EUR,DE\n`,
      want: /two orders with one order_id/,
    },
  ]
  t.plan(cases.length * 2 + 1)
  for (const { name, csv, want } of cases) {
    const response = await postImport(app, csv)
    t.equal(response.statusCode, 400, name)
    t.match(response.json().error, want, name)
  }
  t.strictSame(keys, [])
})

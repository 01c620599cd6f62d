import { mkdtempSync, rmSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openLedger } from '../dist/payments/ledger.js'
import { createPaymentService } from '../dist/payments/service.js'
import { createWeather } from '../dist/payments/weather.js'

function ledgerFile(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-payments-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'ledger.jsonl')
}

async function openService(t: Test, latencyMs: number): Promise<string> {
  const service = createPaymentService({ ledger: ledgerFile(t), seed: 1, harshness: 0, latencyMs })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    service.closeAllConnections()
    service.close()
  })
  return `http://127.0.0.1:${(service.address() as AddressInfo).port}`
}

function postCharge(url: string, key: string): Promise<Response> {
  const body = JSON.stringify({ import: 'i', order: key, cents: 5, currency: 'EUR' })
  return fetch(`${url}/charges`, { method: 'POST', headers: { 'idempotency-key': key }, body })
}

t.test('a key is charged once, and the second response equals the first', async (t) => {
  const url = await openService(t, 1)
  const first = await postCharge(url, 'a')
  const second = await postCharge(url, 'a')
  t.strictSame([first.status, second.status], [201, 200])
  t.strictSame(await second.json(), await first.json())
  const totals = await (await fetch(`${url}/totals?import=i`)).json()
  t.match(totals, { charges: 1, chargedTwice: 0, outcomes: { done: 1, repeated: 1 } })
})

t.test('more concurrent requests than the capacity are throttled, with Retry-After', async (t) => {
  const url = await openService(t, 300)
  const responses = await Promise.all(Array.from({ length: 200 }, (_, n) => postCharge(url, `k${n}`)))
  const throttled = responses.filter(({ status }) => status === 429)
  t.ok(throttled.length > 0)
  t.equal(throttled[0]?.headers.get('retry-after'), '1')
})

t.test('a ledger survives its process, except for an incomplete last line', async (t) => {
  const path = ledgerFile(t)
  const entry = { kind: 'charge', import: 'i', order: 'o', id: 'x', cents: 1, currency: 'EUR' } as const
  const before = openLedger(path)
  before.record({ ...entry, key: 'a' })
  before.note('i', 'done')
  before.close()
  await appendFile(path, '{"kind":"charge","key":"b"')
  const after = openLedger(path)
  t.match(after.find('a'), entry)
  t.equal(after.find('b'), undefined)
  after.record({ ...entry, key: 'c' })
  after.close()
  const last = openLedger(path)
  t.strictSame(last.totals('i'), { charges: 2, receipts: 0, chargedTwice: 1, outcomes: { done: 1 } })
  last.close()
})

t.test('conditions are the same for the same seed, and bad ones occur', async (t) => {
  const times = Array.from({ length: 200 }, (_, n) => n * 100)
  const [one, same, other] = [createWeather(1, 1), createWeather(1, 1), createWeather(2, 1)]
  t.strictSame(times.map(one), times.map(same))
  t.strictNotSame(times.map(one), times.map(other))
  const capacities = times.map((atMs) => one(atMs).capacity)
  t.ok(Math.min(...capacities) < 10)
  t.ok(Math.max(...capacities) >= 22)
})

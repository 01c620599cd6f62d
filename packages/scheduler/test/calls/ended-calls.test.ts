import t from 'tap'
import { EndedCalls } from '../../dist/calls/ended-calls.js'

const idAt = (n: number): string => `0198f0c2-1c1c-7000-8000-${String(n).padStart(12, '0')}`

t.test('an id above all that were in the store is free; any other has to be looked up', (t) => {
  const calls = new EndedCalls()
  calls.startAbove(idAt(10))
  const ids = [idAt(11), idAt(10), idAt(9), '1', 'mine']
  t.strictSame(
    ids.map((id) => calls.isUsed(id)),
    [false, undefined, undefined, undefined, undefined],
  )
  t.end()
})

t.test('the id of a call that has ended is in use, before its end is durable and afterwards', (t) => {
  const calls = new EndedCalls()
  for (const id of [idAt(1), 'mine']) {
    calls.add(id, 'tenant')
    t.strictSame([calls.isUsed(id), calls.undurableTenantOf(id)], [true, 'tenant'])
    calls.markDurable(id, 'tenant', true)
    t.strictSame(
      [calls.isUsed(id), calls.undurableTenantOf(id), calls.tenantOf(id)],
      [true, undefined, 'tenant'],
    )
  }
  t.end()
})

t.test('the older half is forgotten, and ids below it have to be looked up', (t) => {
  const calls = new EndedCalls()
  const end = (from: number, to: number): void => {
    for (let n = from; n <= to; n += 1) {
      calls.add(idAt(n), '')
      calls.markDurable(idAt(n), 'tenant', true)
    }
  }
  end(1, 9_999)
  t.strictSame(
    [0, 1, 9_999, 10_000].map((n) => calls.isUsed(idAt(n))),
    [false, true, true, false],
  )
  end(10_000, 10_000)
  t.strictSame(
    [0, 5_000, 5_001, 10_000, 10_001].map((n) => calls.isUsed(idAt(n))),
    [undefined, undefined, true, true, false],
  )
  t.end()
})

t.test('children are not remembered: their ids cannot be submitted', (t) => {
  const calls = new EndedCalls()
  calls.add('a/1', 'tenant')
  t.equal(calls.undurableTenantOf('a/1'), 'tenant')
  calls.markDurable('a/1', 'tenant', false)
  t.equal(calls.isUsed('a/1'), undefined)
  t.end()
})

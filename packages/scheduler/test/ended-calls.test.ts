import t from 'tap'
import { EndedCalls } from '../dist/ended-calls.js'

const idAt = (n: number): string => `0198f0c2-1c1c-7000-8000-${String(n).padStart(12, '0')}`

t.test('an id above all that the store has had is free; of any other only the store knows', (t) => {
  const calls = new EndedCalls()
  calls.startAbove(idAt(10))
  const ids = [idAt(11), idAt(10), idAt(9), '1', 'mine']
  t.strictSame(
    ids.map((id) => calls.isUsed(id)),
    [false, undefined, undefined, undefined, undefined],
  )
  t.end()
})

t.test('a call that has ended is known, before its end is durable and afterwards', (t) => {
  const calls = new EndedCalls()
  for (const id of [idAt(1), 'mine']) {
    calls.ended(id, 'tenant')
    t.strictSame([calls.isUsed(id), calls.tenantOf(id)], [true, 'tenant'])
    calls.durable(id, true)
    t.strictSame([calls.isUsed(id), calls.tenantOf(id)], [true, undefined])
  }
  t.end()
})

t.test('the oldest are forgotten, and what is below them has to be looked up', (t) => {
  const calls = new EndedCalls()
  for (let n = 1; n <= 10_010; n += 1) {
    calls.ended(idAt(n), '')
    calls.durable(idAt(n), true)
  }
  t.strictSame(
    [0, 10, 11, 10_010, 10_011].map((n) => calls.isUsed(idAt(n))),
    [undefined, undefined, true, true, false],
  )
  t.end()
})

t.test('children are not remembered: nobody can ask for their ids', (t) => {
  const calls = new EndedCalls()
  calls.ended('a/1', 'tenant')
  t.equal(calls.tenantOf('a/1'), 'tenant')
  calls.durable('a/1', false)
  t.equal(calls.isUsed('a/1'), undefined)
  t.end()
})

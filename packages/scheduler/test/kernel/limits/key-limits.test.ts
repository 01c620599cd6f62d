import t from 'tap'
import { KeyLimits } from '../../../dist/kernel/limits/key-limits.js'

const keyed = (name: string, concurrencyKey: string) => ({ name, concurrencyKey, concurrencyKeyMax: 1 })

t.test('calls that were set aside are returned in order, unless they are withdrawn', async (t) => {
  const limits = new KeyLimits<ReturnType<typeof keyed>>()
  const [first, second, third, other] = [keyed('1', 'a'), keyed('2', 'a'), keyed('3', 'a'), keyed('4', '')]
  t.ok(limits.admit(first))
  limits.take(first)
  t.notOk(limits.admit(second))
  t.notOk(limits.admit(third))
  t.ok(limits.admit(other))
  t.equal(limits.setAsideCount, 2)
  limits.withdraw(second)
  t.equal(limits.release(first), third)
  t.equal(limits.setAsideCount, 0)
  t.ok(limits.admit(third))
  limits.take(third)
  t.equal(limits.release(third), undefined)
  t.equal(limits.release(other), undefined)
})

import t from 'tap'
import { KeyLimits } from '../../../dist/kernel/limits/key-limits.js'
import { PriorityQueue } from '../../../dist/kernel/limits/priority-queue.js'

const keyed = (name: string, concurrencyKey: string) => ({ name, concurrencyKey, concurrencyKeyMax: 1 })

t.test('key limits: who steps aside comes back in order, unless it is withdrawn', async (t) => {
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

t.test(
  'priority queue: the highest first, in their order, and what is withdrawn does not come out',
  async (t) => {
    const queue = new PriorityQueue<{
      name: string
      priority: number
      tenant: string
      rootId: string
      nextQueued: undefined
      nextTree: undefined
      isQueued: boolean
    }>()
    const of = (name: string, priority: number) => ({
      name,
      priority,
      tenant: '',
      rootId: 'r',
      nextQueued: undefined,
      nextTree: undefined,
      isQueued: false,
    })
    const gone = of('gone', 9)
    for (const item of [of('a', 0), gone, of('b', 9), of('c', -2), of('d', 0)]) queue.push(item)
    queue.withdraw(gone)
    queue.withdraw(gone)
    t.equal(queue.size, 4)
    const names: string[] = []
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) names.push(next.name)
    t.strictSame(names, ['b', 'a', 'd', 'c'])
    t.equal(queue.size, 0)
  },
)

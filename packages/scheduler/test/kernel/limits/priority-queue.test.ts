import t from 'tap'
import { PriorityQueue } from '../../../dist/kernel/limits/priority-queue.js'

t.test(
  'the highest priority is served first, items of one priority in their order, and withdrawn items not at all',
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

import t from 'tap'
import { RoundRobin } from '../../../dist/kernel/limits/round-robin.js'

t.test('takes the first item, and each item once', async (t) => {
  const queue = new RoundRobin<string>()
  for (const name of ['a', 'b', 'a', 'c']) queue.add(name)
  t.strictSame([queue.size, queue.take(), queue.take()], [3, 'a', 'b'])
  queue.add('a')
  t.strictSame([queue.take(), queue.take(), queue.take(), queue.size], ['c', 'a', undefined, 0])
  queue.add('d')
  t.equal(queue.take(), 'd', 'also after the queue was empty')
})

t.test('a deleted item is not taken, and is last when it is added again', async (t) => {
  const queue = new RoundRobin<string>()
  for (const name of ['a', 'b', 'c']) queue.add(name)
  queue.delete('a')
  queue.delete('b')
  queue.add('a')
  t.strictSame([queue.take(), queue.take(), queue.take()], ['c', 'a', undefined])
})

t.test('behaves like a list after any operations', async (t) => {
  let seed = 7
  const roll = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((seed / 2 ** 31) * below)
  }
  const queue = new RoundRobin<number>()
  const list: number[] = []
  const differing: number[] = []
  for (let step = 0; step < 20_000; step += 1) {
    const item = roll(50)
    const at = list.indexOf(item)
    const kind = roll(step % 2_000 < 1_000 ? 4 : 2)
    if (kind === 0) {
      if (queue.take() !== list.shift()) differing.push(step)
    } else if (kind === 1) {
      queue.delete(item)
      if (at >= 0) list.splice(at, 1)
    } else {
      queue.add(item)
      if (at < 0) list.push(item)
    }
    if (queue.size !== list.length) differing.push(step)
  }
  t.strictSame(differing, [])
})

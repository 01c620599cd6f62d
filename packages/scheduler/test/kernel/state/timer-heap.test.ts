import t from 'tap'
import { TimerHeap } from '../../../dist/kernel/state/timer-heap.js'

t.test(
  'items come out by time, and those of the same time in the order in which they were added',
  async (t) => {
    const heap = new TimerHeap<number>()
    const times = [50, 10, 30, 10, 90, 30, 10]
    for (const [index, atMs] of times.entries()) heap.add(atMs, index)
    t.equal(heap.nextAtMs, 10)
    t.equal(heap.takeDue(9), undefined)
    const out: number[] = []
    for (let next = heap.takeDue(60); next !== undefined; next = heap.takeDue(60)) out.push(next)
    t.strictSame(out, [1, 3, 6, 2, 5, 0])
    t.equal(heap.size, 1)
  },
)

t.test('stale entries can be dropped, and the others come out in order', async (t) => {
  const heap = new TimerHeap<number>()
  const times = [50, 10, 30, 10, 90, 30, 10, 70]
  for (const [index, atMs] of times.entries()) heap.add(atMs, index)
  heap.keepOnly((atMs, item) => atMs !== 30 && item !== 3)
  t.equal(heap.size, 5)
  heap.add(10, 8)
  const out: number[] = []
  for (let next = heap.takeDue(100); next !== undefined; next = heap.takeDue(100)) out.push(next)
  t.strictSame(out, [1, 6, 8, 0, 7, 4])
})

import t from 'tap'
import { AdaptiveLimit } from '../dist/kernel/adaptive-limit.js'
import { FairQueue, type Queueable } from '../dist/kernel/fair-queue.js'
import { retryDelayMs } from '../dist/kernel/retry-policy.js'
import { TimerHeap } from '../dist/kernel/timer-heap.js'

function item(name: string, rootId: string, tenant = ''): Queueable & { name: string } {
  return { name, rootId, tenant, nextQueued: undefined, isQueued: false }
}

function drain(queue: FairQueue<Queueable & { name: string }>): string[] {
  const names: string[] = []
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) names.push(next.name)
  return names
}

t.test('fair queue: trees take turns, and within a tree order is kept', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  for (const name of ['a1', 'a2', 'a3']) queue.push(item(name, 'a'))
  queue.push(item('b1', 'b'))
  queue.push(item('c1', 'c'))
  queue.push(item('c2', 'c'))
  t.strictSame(drain(queue), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
  t.equal(queue.size, 0)
})

t.test('fair queue: tenants take turns above trees', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  for (const name of ['x1', 'x2', 'x3', 'x4']) queue.push(item(name, name, 'x'))
  queue.push(item('y1', 'y1', 'y'))
  queue.push(item('y2', 'y2', 'y'))
  t.strictSame(drain(queue), ['x1', 'y1', 'x2', 'y2', 'x3', 'x4'])
})

t.test('fair queue: what is withdrawn does not come out, and can come back', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  const a = item('a', 'r')
  queue.push(a)
  queue.push(item('b', 'r'))
  queue.push(item('c', 's'))
  queue.withdraw(a)
  t.equal(queue.size, 2)
  t.strictSame(drain(queue), ['c', 'b'])
  queue.push(a)
  t.strictSame(drain(queue), ['a'])
})

t.test('fair queue: 200,000 trees go in and out in time that grows with their number', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  for (let n = 0; n < 200_000; n += 1) queue.push(item(`${n}`, `${n}`))
  t.equal(drain(queue).length, 200_000)
})

t.test('adaptive limit: one more per full window of successes, never above its ceiling', async (t) => {
  const limit = new AdaptiveLimit({ start: 2, floor: 1, ceiling: 3 })
  limit.take()
  limit.take()
  limit.increase()
  t.equal(limit.limit, 2)
  limit.increase()
  limit.increase()
  t.equal(limit.limit, 3)
  for (let n = 0; n < 100; n += 1) limit.increase()
  t.equal(limit.limit, 3)
})

t.test('adaptive limit: halves once per round trip, never below its floor', async (t) => {
  const limit = new AdaptiveLimit({ start: 10, floor: 1, ceiling: 100 })
  limit.decrease(3, 10)
  limit.decrease(4, 11)
  limit.decrease(10, 12)
  t.equal(limit.limit, 5, 'runs that were under way at the decrease do not count again')
  limit.decrease(11, 20)
  t.equal(limit.limit, 2)
  for (let run = 21; run < 60; run += 1) limit.decrease(run, run)
  t.equal(limit.limit, 1)
})

t.test('adaptive limit: does not grow while it is not used', async (t) => {
  const limit = new AdaptiveLimit({ start: 10, floor: 1, ceiling: 100 })
  limit.take()
  for (let n = 0; n < 1000; n += 1) limit.increase()
  t.equal(limit.limit, 10)
})

t.test('timer heap: comes out in the order of time, and of arrival for one time', async (t) => {
  const heap = new TimerHeap<number>()
  const times = [50, 10, 30, 10, 90, 30, 10]
  for (const [index, atMs] of times.entries()) heap.add(atMs, index)
  t.equal(heap.nextAtMs, 10)
  t.equal(heap.takeDue(9), undefined)
  const out: number[] = []
  for (let next = heap.takeDue(60); next !== undefined; next = heap.takeDue(60)) out.push(next)
  t.strictSame(out, [1, 3, 6, 2, 5, 0])
  t.equal(heap.size, 1)
})

t.test('retry delay: exponential, jittered, capped, never below what was asked for', async (t) => {
  const policy = { delayMsMin: 500, delayMsMax: 300_000, giveUpAfterMs: 0, unknownFunctionMsMax: 0 }
  const cases = [
    { name: 'first attempt, full roll', attempts: 1, roll: 0.9999, floorMs: 0, want: 499 },
    { name: 'half the roll is half the delay', attempts: 3, roll: 0.5, floorMs: 0, want: 1_000 },
    { name: 'no roll is no delay', attempts: 3, roll: 0, floorMs: 0, want: 0 },
    { name: 'the cap', attempts: 5_000, roll: 0.5, floorMs: 0, want: 150_000 },
    { name: 'the floor', attempts: 1, roll: 0.5, floorMs: 7_000, want: 7_000 },
  ]
  t.plan(cases.length)
  for (const { name, attempts, roll, floorMs, want } of cases) {
    t.equal(retryDelayMs(policy, attempts, roll, floorMs), want, name)
  }
})

import t from 'tap'
import { AdaptiveLimit } from '../../dist/kernel/limits/adaptive-limit.js'
import { FairQueue, type Queueable } from '../../dist/kernel/limits/fair-queue.js'
import { retryDelayMs } from '../../dist/kernel/state/retry-policy.js'
import { TimerHeap } from '../../dist/kernel/state/timer-heap.js'

function item(name: string, rootId: string, tenant = ''): Queueable & { name: string } {
  return { name, rootId, tenant, nextQueued: undefined, nextTree: undefined, isQueued: false }
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
  t.strictSame(drain(queue), ['b', 'c'])
  queue.push(a)
  t.strictSame(drain(queue), ['a'])
})

t.test('fair queue: what comes in while others have their turn waits for one round', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  for (const name of ['a1', 'a2']) queue.push(item(name, 'a', 'x'))
  queue.push(item('b1', 'b', 'x'))
  t.equal(queue.shift()?.name, 'a1')
  queue.push(item('c1', 'c', 'x'))
  queue.push(item('d1', 'd', 'y'))
  queue.push(item('b2', 'b', 'x'))
  t.strictSame(drain(queue), ['b1', 'd1', 'a2', 'c1', 'b2'])
  queue.push(item('e1', 'e', 'y'))
  t.strictSame(drain(queue), ['e1'])
})

t.test('fair queue: 50,000 tenants take turns in time that grows with their number', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  for (let n = 0; n < 100_000; n += 1) queue.push(item(`${n}`, `${n}`, `tenant ${n % 50_000}`))
  t.equal(drain(queue).at(-1), '99999')
})

t.test('fair queue: a call that is withdrawn does not cost its tree a turn', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  const gone = Array.from({ length: 1_000 }, (_, index) => item(`gone ${index}`, 'a'))
  for (const each of gone) queue.push(each)
  for (const name of ['b1', 'b2', 'b3']) queue.push(item(name, 'b'))
  queue.push(item('c1', 'c', 'another tenant'))
  for (const each of gone) queue.withdraw(each)
  queue.push(item('a1', 'a'))
  t.strictSame(drain(queue), ['a1', 'c1', 'b1', 'b2', 'b3'])
})

t.test('fair queue: nothing is held of calls that were all withdrawn', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  const items = ['a', 'a', 'b', 'c'].map((rootId, index) => item(String(index), rootId, rootId))
  for (const each of items) queue.push(each)
  for (const each of items) queue.withdraw(each)
  t.ok(items.every(({ nextQueued, nextTree }) => nextQueued === undefined && nextTree === undefined))
  queue.push(items[3] as (typeof items)[0])
  t.strictSame(drain(queue), ['3'])
})

t.test('fair queue: 200,000 trees go in and out in time that grows with their number', async (t) => {
  const queue = new FairQueue<Queueable & { name: string }>()
  for (let n = 0; n < 200_000; n += 1) queue.push(item(`${n}`, `${n}`))
  t.equal(drain(queue).length, 200_000)
})

/** A limit that is fully used: a run that ends makes room for the next. */
class Trips {
  readonly limit: AdaptiveLimit
  readonly #underWay: number[] = []
  #latest = 0

  constructor(policy: { start: number; floor: number; ceiling: number }) {
    this.limit = new AdaptiveLimit(policy)
  }

  /** One round trip: all that is under way ends, the first `bad` of it asking for less. */
  pass(bad = 0): void {
    this.#fill()
    const runs = this.#underWay.splice(0)
    for (const [index, run] of runs.entries()) {
      if (index < bad) this.limit.decrease(run, this.#latest)
      else this.limit.increase(run, this.#latest)
      this.limit.release()
      this.#fill()
    }
  }

  #fill(): void {
    while (this.limit.hasCapacity) {
      this.limit.take()
      this.#underWay.push(++this.#latest)
    }
  }
}

t.test(
  'A2 A3 adaptive limit: a run that asks for less takes its slot away, the first an eighth',
  async (t) => {
    const cases = [
      { name: 'one of eight', start: 8, bad: 1, want: 7 },
      { name: 'three of eight', start: 8, bad: 3, want: 5 },
      { name: 'six of eight: no more than half', start: 8, bad: 6, want: 4 },
      { name: 'all of eight: no more than half', start: 8, bad: 8, want: 4 },
      { name: 'one of eighty', start: 80, bad: 1, want: 70 },
      { name: 'eleven of eighty', start: 80, bad: 11, want: 60 },
      { name: 'all of eighty: no more than half', start: 80, bad: 80, want: 40 },
    ]
    t.plan(cases.length)
    for (const { name, start, bad, want } of cases) {
      const limit = new AdaptiveLimit({ start, floor: 1, ceiling: 100 })
      for (let run = 1; run <= bad; run += 1) limit.decrease(run, start)
      t.equal(limit.limit, want, name)
    }
  },
)

t.test('A1 A2 adaptive limit: halves once per round trip, never below its floor', async (t) => {
  const limit = new AdaptiveLimit({ start: 10, floor: 1, ceiling: 100 })
  for (let run = 1; run <= 10; run += 1) limit.decrease(run, 15)
  for (let run = 11; run <= 15; run += 1) limit.decrease(run, 20)
  t.equal(limit.limit, 5, 'runs that were under way when it was halved do not halve it again')
  for (let run = 16; run <= 20; run += 1) limit.decrease(run, 20)
  t.equal(limit.limit, 2)
  for (let run = 21; run < 60; run += 1) limit.decrease(run, run)
  t.equal(limit.limit, 1)
})

t.test(
  'A4 adaptive limit: after a run that asked for less it grows slowly, by less the larger it is',
  async (t) => {
    const growth = (start: number): number => {
      const trips = new Trips({ start, floor: 1, ceiling: 1000 })
      trips.pass(1)
      const before = trips.limit.limit
      for (let trip = 0; trip < 8; trip += 1) trips.pass()
      return trips.limit.limit - before
    }
    t.strictSame([2, 10, 40, 200, 900].map(growth), [0, 2, 2, 3, 4])
  },
)

t.test(
  'A5 adaptive limit: at the beginning and after a quiet time it grows by one more each round trip',
  async (t) => {
    const trips = new Trips({ start: 10, floor: 1, ceiling: 1000 })
    const seen = Array.from({ length: 4 }, () => {
      trips.pass()
      return trips.limit.limit
    })
    t.strictSame(seen, [10, 12, 15, 18])
    for (let trip = 0; trip < 50; trip += 1) trips.pass()
    t.equal(trips.limit.limit, 1000, 'never above its ceiling')
    trips.pass(20)
    t.equal(trips.limit.limit, 1000 - 125 - 19)
    for (let trip = 0; trip < 8; trip += 1) trips.pass()
    t.equal(trips.limit.limit, 859, 'slowly at first')
    for (let trip = 0; trip < 6; trip += 1) trips.pass()
    t.equal(trips.limit.limit, 880, 'then faster')
  },
)

t.test('A6 adaptive limit: does not grow while it is not used', async (t) => {
  const limit = new AdaptiveLimit({ start: 10, floor: 1, ceiling: 100 })
  limit.take()
  for (let run = 1; run < 1000; run += 1) limit.increase(run, run)
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

t.test(
  'timer heap: what means nothing any more can be dropped, and the rest comes out in order',
  async (t) => {
    const heap = new TimerHeap<number>()
    const times = [50, 10, 30, 10, 90, 30, 10, 70]
    for (const [index, atMs] of times.entries()) heap.add(atMs, index)
    heap.keepOnly((atMs, item) => atMs !== 30 && item !== 3)
    t.equal(heap.size, 5)
    heap.add(10, 8)
    const out: number[] = []
    for (let next = heap.takeDue(100); next !== undefined; next = heap.takeDue(100)) out.push(next)
    t.strictSame(out, [1, 6, 8, 0, 7, 4])
  },
)

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

import t from 'tap'
import { AdaptiveLimit } from '../../../dist/kernel/limits/adaptive-limit.js'

/** A limit that is always fully used. */
class Trips {
  readonly limit: AdaptiveLimit
  readonly #underWay: number[] = []
  #latest = 0

  constructor(policy: { start: number; floor: number; ceiling: number }) {
    this.limit = new AdaptiveLimit(policy)
  }

  /** One round trip: all runs under way end, the first `bad` of them with a decrease. */
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

t.test('A2 A3 a decrease lowers the limit by 1, and the first of a round trip by an eighth', async (t) => {
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
})

t.test(
  'A1 A2 the limit is halved at most once per round trip, and never falls below its floor',
  async (t) => {
    const limit = new AdaptiveLimit({ start: 10, floor: 1, ceiling: 100 })
    for (let run = 1; run <= 10; run += 1) limit.decrease(run, 15)
    for (let run = 11; run <= 15; run += 1) limit.decrease(run, 20)
    t.equal(limit.limit, 5, 'runs that began before it was halved do not halve it again')
    for (let run = 16; run <= 20; run += 1) limit.decrease(run, 20)
    t.equal(limit.limit, 2)
    for (let run = 21; run < 60; run += 1) limit.decrease(run, run)
    t.equal(limit.limit, 1)
  },
)

t.test('A4 after a decrease the limit grows slowly, and more slowly the higher it is', async (t) => {
  const growth = (start: number): number => {
    const trips = new Trips({ start, floor: 1, ceiling: 1000 })
    trips.pass(1)
    const before = trips.limit.limit
    for (let trip = 0; trip < 8; trip += 1) trips.pass()
    return trips.limit.limit - before
  }
  t.strictSame([2, 10, 40, 200, 900].map(growth), [0, 2, 2, 3, 4])
})

t.test(
  'A5 at the beginning and after a quiet time the limit grows by one more in each round trip',
  async (t) => {
    const trips = new Trips({ start: 10, floor: 1, ceiling: 1000 })
    const seen = Array.from({ length: 4 }, () => {
      trips.pass()
      return trips.limit.limit
    })
    t.strictSame(seen, [10, 12, 15, 18])
    for (let trip = 0; trip < 50; trip += 1) trips.pass()
    t.equal(trips.limit.limit, 1000, 'it never exceeds its ceiling')
    trips.pass(20)
    t.equal(trips.limit.limit, 1000 - 125 - 19)
    for (let trip = 0; trip < 8; trip += 1) trips.pass()
    t.equal(trips.limit.limit, 859, 'it grows slowly at first')
    for (let trip = 0; trip < 6; trip += 1) trips.pass()
    t.equal(trips.limit.limit, 880, 'and faster later')
  },
)

t.test('A6 the limit does not grow while less than half of it is in use', async (t) => {
  const limit = new AdaptiveLimit({ start: 10, floor: 1, ceiling: 100 })
  limit.take()
  for (let run = 1; run < 1000; run += 1) limit.increase(run, run)
  t.equal(limit.limit, 10)
})

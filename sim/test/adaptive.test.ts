import t from 'tap'
import type { DestinationOptions } from '../dist/adaptive/destination.js'
import { admittedRuns, jainIndex, throttledShare, usedShare } from '../dist/adaptive/measures.js'
import { type Flow, observe } from '../dist/adaptive/observe.js'

const WORK_MS = 100
const SEEDS = [1, 2]

function destination(more: Partial<DestinationOptions> & { capacity?: number }): DestinationOptions {
  const { capacity = 40, workMs = WORK_MS, ...rest } = more
  return {
    name: 'a',
    capacityAt: () => capacity,
    unit: 'concurrent runs',
    workMs,
    refusalMs: workMs / 10,
    ...rest,
  }
}

function flow(to: DestinationOptions, more: Partial<Flow> = {}): Flow {
  return { tenant: 'x', function: 'f', destination: to, beginsAtMs: 0, ...more }
}

t.test('a limit finds an unknown capacity: at least 85 % of it used, at most 5 % throttled', async (t) => {
  const cases = [
    { name: 'one run at a time', to: { capacity: 1 } },
    { name: 'two runs at a time', to: { capacity: 2 } },
    { name: 'three, refused late', to: { capacity: 3, refusalMs: WORK_MS } },
    { name: 'ten', to: { capacity: 10 } },
    { name: 'ten, refused late', to: { capacity: 10, refusalMs: WORK_MS } },
    { name: 'forty', to: { capacity: 40 } },
    { name: 'forty, with runs of 5 ms', to: { capacity: 40, workMs: 5 } },
    {
      name: 'forty, with runs of 10 s, refused late',
      to: { capacity: 40, workMs: 10_000, refusalMs: 10_000 },
    },
    { name: 'two hundred', to: { capacity: 200 } },
    { name: 'two hundred, refused late', to: { capacity: 200, refusalMs: WORK_MS } },
  ]
  t.plan(cases.length * SEEDS.length * 2)
  for (const { name, to } of cases) {
    for (const seed of SEEDS) {
      const a = destination(to)
      const samples = observe(seed, [flow(a)], { forMs: a.workMs * 500, everyMs: a.workMs })
      const steady = samples.slice(200)
      const [used, throttled] = [usedShare(steady, 'a'), throttledShare(steady)]
      t.ok(used >= 0.85, `${name}, seed ${seed}: ${used.toFixed(3)} of the capacity is used`)
      t.ok(throttled <= 0.05, `${name}, seed ${seed}: ${throttled.toFixed(3)} of the runs are throttled`)
    }
  }
})

t.test('a limit finds a capacity in runs per second', async (t) => {
  const cases = [
    { name: 'two concurrently', perSecond: 20 },
    { name: 'five concurrently', perSecond: 50 },
    { name: 'forty concurrently', perSecond: 400 },
  ]
  t.plan(cases.length * SEEDS.length * 2)
  for (const { name, perSecond } of cases) {
    for (const seed of SEEDS) {
      const a = destination({ capacity: perSecond, unit: 'runs per second' })
      const steady = observe(seed, [flow(a)], { forMs: 90_000, everyMs: 1_000 }).slice(30)
      const [used, throttled] = [
        admittedRuns(steady, 0) / (perSecond * steady.length),
        throttledShare(steady),
      ]
      t.ok(used >= 0.85, `${name}, seed ${seed}: ${used.toFixed(3)} of the rate is used`)
      t.ok(throttled <= 0.05, `${name}, seed ${seed}: ${throttled.toFixed(3)} of the runs are throttled`)
    }
  }
})

t.test(
  'when the capacity halves the limit follows within one round trip, and recovers with it',
  async (t) => {
    const cases = [
      { name: 'refused immediately', refusalShare: 0.1, capacity: 100, workMs: 100 },
      { name: 'refused late', refusalShare: 1, capacity: 100, workMs: 100 },
      { name: 'of ten', refusalShare: 0.1, capacity: 10, workMs: 100 },
      { name: 'of ten, refused late', refusalShare: 1, capacity: 10, workMs: 3_000 },
      { name: 'of two hundred', refusalShare: 0.1, capacity: 200, workMs: 20 },
    ]
    t.plan(cases.length * SEEDS.length * 3)
    for (const { name, refusalShare, capacity, workMs } of cases) {
      const [halvedAtMs, backAtMs] = [300 * workMs, 400 * workMs]
      /** The first refusal arrives this late, and one round trip follows; 1.3: time of the longest run. */
      const followedAtMs = halvedAtMs + 1.3 * (refusalShare * workMs + workMs)
      const capacityAt = (atMs: number): number =>
        atMs >= halvedAtMs && atMs < backAtMs ? capacity / 2 : capacity
      for (const seed of SEEDS) {
        const a = destination({ capacityAt, workMs, refusalMs: workMs * refusalShare })
        const samples = observe(seed, [flow(a)], { forMs: 450 * workMs, everyMs: workMs / 10 })
        const limitAt = (atMs: number): number =>
          samples.find((sample) => sample.atMs >= atMs)?.flows[0]?.limit ?? Number.NaN
        const halved = limitAt(followedAtMs)
        t.ok(
          halved <= capacity * 0.55,
          `${name}, seed ${seed}: ${halved} a round trip after the first refusal`,
        )
        const low = samples.filter(({ atMs }) => atMs > halvedAtMs + 20 * workMs && atMs < backAtMs)
        const used = usedShare(low, 'a')
        t.ok(used >= 0.85, `${name}, seed ${seed}: ${used.toFixed(3)} of the half is used`)
        const back = limitAt(backAtMs + 40 * workMs)
        t.ok(back >= capacity * 0.85, `${name}, seed ${seed}: ${back} forty round trips after the recovery`)
      }
    }
  },
)

t.test('a change at one destination does not affect another', async (t) => {
  const steady = destination({ name: 'a', capacity: 30 })
  const falling = destination({ name: 'bb', capacityAt: (atMs) => (atMs < 20_000 ? 30 : 1) })
  t.plan(SEEDS.length)
  for (const seed of SEEDS) {
    const limits = (flows: Flow[]): (number | undefined)[] =>
      observe(seed, flows, { forMs: 40_000, everyMs: 100 }).map((sample) => sample.flows[0]?.limit)
    t.strictSame(limits([flow(steady), flow(falling)]), limits([flow(steady)]), `seed ${seed}`)
  }
})

t.test('tenants that share a capacity get equal shares', async (t) => {
  const cases = [
    { name: 'two, from the beginning', capacity: 40, tenants: 2, laterMs: 0, refusalMs: 10 },
    { name: 'two, one of them later', capacity: 40, tenants: 2, laterMs: 20_000, refusalMs: 10 },
    {
      name: 'two, one of them later, refused late',
      capacity: 100,
      tenants: 2,
      laterMs: 20_000,
      refusalMs: 100,
    },
    { name: 'five, one after the other', capacity: 100, tenants: 5, laterMs: 5_000, refusalMs: 10 },
  ]
  t.plan(cases.length * SEEDS.length * 3)
  for (const { name, capacity, tenants, laterMs, refusalMs } of cases) {
    for (const seed of SEEDS) {
      const to = destination({ capacity, refusalMs })
      const flows = Array.from({ length: tenants }, (_, index) =>
        flow(to, { tenant: `tenant ${index}`, beginsAtMs: index * laterMs }),
      )
      const samples = observe(seed, flows, { forMs: 120_000, everyMs: 100 }).filter(
        ({ atMs }) => atMs > 60_000,
      )
      const jain = jainIndex(flows.map((_, index) => admittedRuns(samples, index)))
      t.ok(jain >= 0.95, `${name}, seed ${seed}: Jain index ${jain.toFixed(3)}`)
      t.ok(usedShare(samples, 'a') >= 0.85, `${name}, seed ${seed}: the capacity is used`)
      t.ok(throttledShare(samples) <= 0.05, `${name}, seed ${seed}: ${throttledShare(samples)} throttled`)
    }
  }
})

import t, { type Test } from 'tap'
import type { Event, NewCall, RunEffect, SubmittedCall } from '../../../dist/kernel/events/events.js'
import { Kernel } from '../../../dist/kernel/kernel.js'
import { AdaptiveLimit } from '../../../dist/kernel/limits/adaptive-limit.js'
import { exit, NO_OPTIONS, newCall, poll } from '../../helpers/kernel-harness.js'

const FAN_OUT = 1_000_000

/** Most calls that one Poll makes. */
const POLL_CALLS = 10_000

/** A kernel whose runs end in the order in which they began. Its writes are dropped. */
class InOrder {
  readonly kernel = new Kernel()
  readonly underWay: RunEffect[] = []
  /** Ids of the calls whose runs have begun since it was last emptied. */
  started: string[] = []

  constructor() {
    this.apply({ kind: 'open' })
  }

  apply(event: Event): void {
    for (const effect of this.kernel.apply(1_000_000, event).effects) {
      if (effect.kind !== 'run') continue
      this.underWay.push(effect)
      this.started.push(effect.id)
    }
  }

  submit(id: string, call: NewCall, more: Partial<SubmittedCall> = {}): void {
    this.apply({ kind: 'submit', calls: [{ tenant: '', id, call, ...more }] })
  }

  /** Ends the oldest run. */
  endOne(outcome = exit('ok')): void {
    const { id, run } = this.underWay.shift() as RunEffect
    this.apply({ kind: 'ran', id, run, outcome, roll: 0.5 })
  }

  /** Makes a tree with so many waiting calls of one function. */
  fanOut(id: string, count: number, more: Partial<SubmittedCall> = {}): void {
    this.submit(id, newCall(`top of ${id}`), more)
    for (let made = 0; made < count; made += POLL_CALLS) {
      const { run } = this.underWay.pop() as RunEffect
      const names = Array.from({ length: Math.min(POLL_CALLS, count - made) }, () => 'f')
      const isLast = made + POLL_CALLS >= count
      this.apply({
        kind: 'ran',
        id,
        run,
        outcome: poll(names, { minResults: isLast ? count : 0, first: made + 1 }),
        roll: 0,
      })
      this.underWay.sort((a, b) => Number(a.id === id) - Number(b.id === id))
    }
  }

  /** How many runs begin until that of the call does, that one included. */
  startsUntil(id: string): number {
    this.started = []
    while (!this.started.includes(id)) this.endOne()
    return this.started.indexOf(id) + 1
  }
}

t.test('behind a fan-out of 1,000,000 a single new call starts within one round of the queue', async (t) => {
  const world = new InOrder()
  world.fanOut('big', FAN_OUT)
  t.equal(world.kernel.size, FAN_OUT + 1)
  world.submit('single', newCall('f'))
  t.ok(world.startsUntil('single') <= 2, 'at most one call of the big tree starts before it')

  const trees = 500
  for (let tree = 0; tree < trees; tree += 1) {
    world.submit(`small ${tree}`, newCall('f'))
  }
  world.submit('last', newCall('f'))
  t.ok(world.startsUntil('last') <= trees + 2, 'at most one call of every waiting tree starts before it')
  t.ok(world.kernel.size > FAN_OUT - 2_000, 'and the fan-out still waits')
})

t.test('tenants with calls of the same function do not wait for each other', async (t) => {
  const world = new InOrder()
  world.fanOut('big', 20_000, { tenant: 'x' })
  world.started = []
  world.submit('single', newCall('f'), { tenant: 'y' })
  t.strictSame(world.started, ['single'], 'it starts at once: each tenant has its own limit')
})

t.test('S3 functions and tenants that wait for one endpoint are served round robin', async (t) => {
  const world = new InOrder()
  // Ten concurrent runs each, 1,500 together, at an endpoint with a limit of 1,000.
  const sources = Array.from({ length: 150 }, (_, index) => `${index % 2 === 0 ? 'x' : 'y'} f${index}`)
  for (const source of sources) {
    const [tenant = '', name = ''] = source.split(' ')
    for (let call = 0; call < 60; call += 1) world.submit(`${source} ${call}`, newCall(name), { tenant })
  }
  t.equal(world.underWay.length, 1_000)
  const startsOf = (source: string): number =>
    world.started.filter((id) => id.startsWith(`${source} `)).length
  world.started = []
  for (let turn = 0; turn < 50; turn += 1) world.endOne()
  t.strictSame(
    world.started,
    sources.slice(100).map((source) => `${source} 0`),
    'each source without a run has one turn',
  )
  world.started = []
  for (let turn = 0; turn < 3_000; turn += 1) world.endOne()
  const counts = sources.map(startsOf)
  t.ok(Math.min(...counts) >= 12 && Math.max(...counts) <= 28, `20 on average: ${counts.join(' ')}`)
})

t.test('S3 as many waiting functions are looked at as their endpoint has capacity for', async (t) => {
  const world = fullEndpoint()
  for (let n = 0; n < 2_000; n += 1) world.submit(`waits ${n}`, newCall(`w${n}`))
  const looks = countLooks(t)
  world.started = []
  for (let turn = 0; turn < 1_000; turn += 1) world.endOne()
  t.strictSame(
    world.started,
    Array.from({ length: 1_000 }, (_, n) => `waits ${n}`),
  )
  t.ok(looks() <= 10_000, `${looks()} looks for 1,000 runs`)
})

t.test('S3 a function that cannot use the capacity of its endpoint passes its turn on', async (t) => {
  const world = fullEndpoint()
  for (let n = 0; n < 5; n += 1) world.submit(`waits ${n}`, newCall(`w${n}`))
  for (let n = 0; n < 3; n += 1) world.apply({ kind: 'cancel', id: `waits ${n}` })
  world.started = []
  world.endOne()
  t.strictSame(world.started, ['waits 3'])
})

/** An endpoint at its limit, without waiting calls. */
function fullEndpoint(): InOrder {
  const world = new InOrder()
  for (let n = 0; n < 1_000; n += 1) world.submit(`full ${n}`, newCall(`full${Math.floor(n / 10)}`))
  return world
}

/** Counts how often the limit of a function or an endpoint is checked. */
function countLooks(t: Test): () => number {
  const { prototype } = AdaptiveLimit
  const asked = Object.getOwnPropertyDescriptor(prototype, 'hasCapacity') as PropertyDescriptor
  let looks = 0
  Object.defineProperty(prototype, 'hasCapacity', {
    ...asked,
    get() {
      looks += 1
      return asked.get?.call(this)
    },
  })
  t.teardown(() => Object.defineProperty(prototype, 'hasCapacity', asked))
  return () => looks
}

t.test('S2 a higher priority runs first within its function, and blocks no other function', async (t) => {
  const world = new InOrder()
  const urgent = { ...NO_OPTIONS, priority: 1 }
  for (let call = 0; call < 2_000; call += 1)
    world.submit(`urgent ${call}`, newCall('f', { options: urgent }))
  world.submit('ordinary', newCall('f'))
  world.started = []
  world.submit('other', newCall('g'))
  t.strictSame(world.started, ['other'], 'another function has its own queue')
  t.equal(world.startsUntil('ordinary'), 2_000 - 10 + 1, 'it waits for all calls of a higher priority')
  for (let call = 0; call < 500; call += 1) world.submit(`ordinary ${call}`, newCall('f'))
  world.submit('urgent last', newCall('f', { options: urgent }))
  t.equal(world.startsUntil('urgent last'), 1, 'a call of a higher priority waits for none')
})

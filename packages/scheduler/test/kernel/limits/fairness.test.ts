import t, { type Test } from 'tap'
import type { Event, NewCall, RunEffect, SubmittedCall } from '../../../dist/kernel/events/events.js'
import { Kernel } from '../../../dist/kernel/kernel.js'
import { AdaptiveLimit } from '../../../dist/kernel/limits/adaptive-limit.js'
import { exit, NO_OPTIONS, newCall, poll } from '../../helpers/kernel-harness.js'

const FAN_OUT = 1_000_000

/** Most calls that one Poll makes. */
const POLL_CALLS = 10_000

/** A kernel whose runs end in the order in which they began. It keeps nothing of what the kernel writes. */
class Line {
  readonly kernel = new Kernel()
  readonly underWay: RunEffect[] = []
  /** Ids of the calls whose runs have begun, since this was last emptied. */
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

  /** The run that has been under way for longest ends. */
  endOne(outcome = exit('ok')): void {
    const { id, run } = this.underWay.shift() as RunEffect
    this.apply({ kind: 'ran', id, run, outcome, roll: 0.5 })
  }

  /** One tree with so many calls of one function that wait. */
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

  /** How many runs begin until the call's does, itself included. */
  startsUntil(id: string): number {
    this.started = []
    while (!this.started.includes(id)) this.endOne()
    return this.started.indexOf(id) + 1
  }
}

t.test('behind a fan-out of 1,000,000 a single new call starts within one round of the queue', async (t) => {
  const line = new Line()
  line.fanOut('big', FAN_OUT)
  t.equal(line.kernel.size, FAN_OUT + 1)
  line.submit('single', newCall('f'))
  t.ok(line.startsUntil('single') <= 2, 'one call of the big tree before it, at most')

  const trees = 500
  for (let tree = 0; tree < trees; tree += 1) {
    line.submit(`small ${tree}`, newCall('f'))
  }
  line.submit('last', newCall('f'))
  t.ok(line.startsUntil('last') <= trees + 2, 'every tree that waits has one turn before it, at most')
  t.ok(line.kernel.size > FAN_OUT - 2_000, 'and the fan-out still waits')
})

t.test('tenants do not wait for each other', async (t) => {
  const line = new Line()
  line.fanOut('big', 20_000, { tenant: 'x' })
  line.started = []
  line.submit('single', newCall('f'), { tenant: 'y' })
  t.strictSame(line.started, ['single'], 'it starts at once: each tenant has a limit of its own')
})

t.test('S3 functions and tenants that wait for room at one endpoint take turns', async (t) => {
  const line = new Line()
  // Ten at a time each, 1,500 together, at an endpoint that has room for 1,000.
  const sources = Array.from({ length: 150 }, (_, index) => `${index % 2 === 0 ? 'x' : 'y'} f${index}`)
  for (const source of sources) {
    const [tenant = '', name = ''] = source.split(' ')
    for (let call = 0; call < 60; call += 1) line.submit(`${source} ${call}`, newCall(name), { tenant })
  }
  t.equal(line.underWay.length, 1_000)
  const startsOf = (source: string): number => line.started.filter((id) => id.startsWith(`${source} `)).length
  line.started = []
  for (let turn = 0; turn < 50; turn += 1) line.endOne()
  t.strictSame(
    line.started,
    sources.slice(100).map((source) => `${source} 0`),
    'each of those that had none has one turn',
  )
  line.started = []
  for (let turn = 0; turn < 3_000; turn += 1) line.endOne()
  const counts = sources.map(startsOf)
  t.ok(Math.min(...counts) >= 12 && Math.max(...counts) <= 28, `20 on average: ${counts.join(' ')}`)
})

t.test(
  'S3 of the functions that wait for an endpoint as many are looked at as it has room for',
  async (t) => {
    const line = fullEndpoint()
    for (let n = 0; n < 2_000; n += 1) line.submit(`waits ${n}`, newCall(`w${n}`))
    const looks = countLooks(t)
    line.started = []
    for (let turn = 0; turn < 1_000; turn += 1) line.endOne()
    t.strictSame(
      line.started,
      Array.from({ length: 1_000 }, (_, n) => `waits ${n}`),
    )
    t.ok(looks() <= 10_000, `${looks()} looks for 1,000 runs`)
  },
)

t.test('S3 a function that has no use for the room of an endpoint passes its turn on', async (t) => {
  const line = fullEndpoint()
  for (let n = 0; n < 5; n += 1) line.submit(`waits ${n}`, newCall(`w${n}`))
  for (let n = 0; n < 3; n += 1) line.apply({ kind: 'cancel', id: `waits ${n}` })
  line.started = []
  line.endOne()
  t.strictSame(line.started, ['waits 3'])
})

/** An endpoint with all the runs for which it has room, and none that waits. */
function fullEndpoint(): Line {
  const line = new Line()
  for (let n = 0; n < 1_000; n += 1) line.submit(`full ${n}`, newCall(`full${Math.floor(n / 10)}`))
  return line
}

/** How often the limit of a function or endpoint is asked for room. */
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

t.test('S2 a priority goes before lower ones of its function, and holds up no other function', async (t) => {
  const line = new Line()
  const urgent = { ...NO_OPTIONS, priority: 1 }
  for (let call = 0; call < 2_000; call += 1) line.submit(`urgent ${call}`, newCall('f', { options: urgent }))
  line.submit('ordinary', newCall('f'))
  line.started = []
  line.submit('other', newCall('g'))
  t.strictSame(line.started, ['other'], 'another function has its own queue')
  t.equal(line.startsUntil('ordinary'), 2_000 - 10 + 1, 'it waits for all that are more urgent')
  for (let call = 0; call < 500; call += 1) line.submit(`ordinary ${call}`, newCall('f'))
  line.submit('urgent last', newCall('f', { options: urgent }))
  t.equal(line.startsUntil('urgent last'), 1, 'who is more urgent waits for none')
})

import { STATUSES, type Status } from '@dispatch/protocol'
import t from 'tap'
import type { RunEffect } from '../../../dist/kernel/events/events.js'
import { Slots } from '../../../dist/kernel/limits/slots.js'
import type { CallNode } from '../../../dist/kernel/node/call-node.js'
import { exit, failure, NO_OPTIONS, newCall, poll, World } from '../../helpers/kernel-harness.js'

function targetLike({ endpoint = 'http://app', function: name = 'f', giveUpAfterMs = 0 }) {
  const options = { ...NO_OPTIONS, giveUpAfterMs }
  return { endpoint, function: name, version: '', options }
}

t.test('S6 idle functions are forgotten, the longest idle first, and none that has calls', (t) => {
  const slots = new Slots<CallNode>()
  const slotOf = (n: number) =>
    slots.target('', targetLike({ function: `f${n}`, endpoint: `http://app${n}` })).slot
  const busy = slotOf(0)
  slots.addCall(busy)
  const recent = slotOf(24_999)
  slots.addCall(recent)
  for (let n = 1; n < 24_999; n += 1) {
    slots.addCall(slotOf(n))
    slots.removeCall(slotOf(n))
  }
  slots.removeCall(recent)
  t.ok(slots.stats().length <= 10_001, `${slots.stats().length} kept`)
  t.equal(slotOf(0), busy, 'a function with a call')
  t.equal(slotOf(24_999), recent, 'a function that had a call recently')
  t.equal(slots.stats().filter(({ function: name }) => name === 'f1').length, 0, 'the longest idle')
  t.end()
})

t.test('options that differ with each call cost no memory, and their function has one slot', (t) => {
  const slots = new Slots<CallNode>()
  const targetOf = (giveUpAfterMs: number) => slots.target('', targetLike({ giveUpAfterMs }))
  const first = targetOf(1)
  t.equal(targetOf(1), first, 'equal options')
  for (let ms = 2; ms <= 25_000; ms += 1) targetOf(ms)
  t.ok(slots.targets <= 10_000, `${slots.targets} kept`)
  t.equal(targetOf(1).slot, first.slot)
  t.equal(slots.stats().length, 1)
  t.end()
})

const LATER_MS = 86_400_000

/** How a call of function `kept` comes to wait. */
const WAYS: readonly { name: string; wait: (world: World) => World }[] = [
  {
    name: 'dispatched',
    wait: (world) => {
      world.submit(newCall('kept', { delayMs: LATER_MS }))
      return world
    },
  },
  {
    name: 'made by a Poll',
    wait: (world) => {
      world.submit(newCall('parent'))
      world.end(world.takeRun(), poll(['kept'], { call: { delayMs: LATER_MS } }))
      return world
    },
  },
  {
    name: 'made by a tail call',
    wait: (world) => {
      world.submit(newCall('first'))
      const call = newCall('kept', { delayMs: LATER_MS })
      world.end(world.takeRun(), { kind: 'tail-call', statusCode: 1, call })
      return world
    },
  },
  {
    name: 'restored after a restart',
    wait: (world) => {
      world.submit(newCall('kept', { delayMs: LATER_MS }))
      return world.restart()
    },
  },
]

for (const { name, wait } of WAYS) {
  t.test(`S6 a function with a call that was ${name} is kept until the call has ended`, (t) => {
    const world = wait(new World())
    const others = (from: number) => {
      for (let n = from; n < from + 11_000; n += 1) {
        world.submit(newCall(`other${n}`))
        world.end(world.takeRun(), exit('ok'))
      }
    }
    const kept = () =>
      world.kernel
        .functionStats()
        .map(({ function: name }) => name)
        .filter((name) => !name.startsWith('other'))
    world.submit({ ...newCall('kept'), id: 'another' })
    world.end(world.takeRun(), exit('ok'))
    others(0)
    t.ok(kept().includes('kept'))
    world.pass(LATER_MS)
    for (let runs = world.takeRuns(); runs.length > 0; runs = world.takeRuns())
      for (const run of runs) world.end(run, exit('ok'))
    t.equal(world.kernel.size, 0)
    others(20_000)
    t.strictSame(kept(), [])
    t.end()
  })
}

t.test('S4 a call that waits for its fixed limit and is cancelled lets the calls behind it start', (t) => {
  const world = new World()
  world.submit({ ...newCall('f'), id: 'runs' })
  world.takeRun()
  world.submit({ ...newCall('f', { options: { ...NO_OPTIONS, concurrencyMax: 1 } }), id: 'waits' })
  world.submit({ ...newCall('f'), id: 'behind' })
  world.apply({ kind: 'cancel', id: 'waits' })
  t.match(world.takeRuns(), [{ id: 'behind' }])
  t.end()
})

t.test('R20 which statuses raise and lower concurrency', async (t) => {
  const statuses = (Object.keys(STATUSES) as Status[]).filter(
    (status) => STATUSES[status].retry !== 'restart',
  )
  t.plan(statuses.length)
  for (const status of statuses) {
    const world = new World()
    for (let n = 0; n < 12; n += 1) world.submit({ ...newCall('f'), id: `f${n}` })
    const runs = world.takeRuns()
    for (const run of runs) world.end(run, exit(status))
    const limit = world.kernel.functionStats()[0]?.limit
    t.equal(limit, STATUSES[status].concurrency === 'increase' ? 11 - Number(limit === 10) : 5, status)
  }
})

t.test('Q21 Q27 a failing endpoint is slowed down, and no other is', async (t) => {
  const world = new World()
  for (let n = 0; n < 20; n += 1) world.submit({ ...newCall('f', { endpoint: 'http://a' }), id: `a${n}` })
  for (let n = 0; n < 20; n += 1) world.submit({ ...newCall('f', { endpoint: 'http://b' }), id: `b${n}` })
  const runs = world.takeRuns()
  for (const run of runs.filter((run) => run.endpoint === 'http://a'))
    world.end(run, failure('endpoint', 'throttled'))
  for (const run of runs.filter((run) => run.endpoint === 'http://b')) world.end(run, exit('ok'))
  const limits = Object.fromEntries(
    world.kernel.functionStats().map((stats) => [stats.endpoint, stats.limit]),
  )
  t.equal(limits['http://a'], 5, 'halved once in one round trip')
  t.ok((limits['http://b'] ?? 0) >= 10)
})

t.test('stats show how the runs of a function ended, and the range of its limit', async (t) => {
  const world = new World()
  for (let n = 0; n < 12; n += 1) world.submit({ ...newCall('f'), id: `f${n}` })
  const [slow, waits, ...rest] = world.takeRuns() as [RunEffect, RunEffect, ...RunEffect[]]
  for (const run of rest) world.end(run, exit('ok'))
  world.end(waits, poll(['g']))
  world.end(slow, exit('throttled'))
  const [stats] = world.kernel.functionStats()
  t.match(stats, { function: 'f', limit: 9, limitMin: 9, limitMax: 10, inFlight: 2, waiting: 0 })
  t.strictSame(stats?.ended, { ok: 8, throttled: 1 })
  t.equal(stats?.suspended, 1)
})

t.test('a fan-out of 10,000 does not delay a single new call by more than one round', async (t) => {
  const world = new World()
  world.submit(newCall('top'))
  world.end(
    world.takeRun(),
    poll(
      Array.from({ length: 10_000 }, () => 'f'),
      { minResults: 1000 },
    ),
  )
  const runs = world.takeRuns()
  world.submit({ ...newCall('f'), id: 'single' })
  world.end(runs[0] as RunEffect, exit('ok'))
  world.end(runs[1] as RunEffect, exit('ok'))
  t.ok(
    world.takeRuns().some((run) => run.id === 'single'),
    'it starts within one round',
  )
})

t.test('S4 a fixed limit binds beside the adaptive one', async (t) => {
  const world = new World()
  const options = { ...NO_OPTIONS, concurrencyMax: 2 }
  for (let n = 0; n < 5; n += 1) world.submit({ ...newCall('f', { options }), id: `f${n}` })
  const first = world.takeRuns()
  t.equal(first.length, 2)
  world.end(first[0] as RunEffect, exit('ok'))
  t.equal(world.takeRuns().length, 1)
})

t.test(
  'S2 calls of a higher priority start first, and children have the priority of their parent',
  async (t) => {
    const world = new World()
    const one = { ...NO_OPTIONS, concurrencyMax: 1 }
    const of = (id: string, priority: number) => ({ ...newCall('f', { options: { ...one, priority } }), id })
    world.submit(of('first', 0), of('low', -1), of('normal', 0), of('high', 5), of('high2', 5))
    const order: string[] = []
    while (world.kernel.size > 0) {
      const run = world.takeRun()
      order.push(run.id)
      world.end(run, exit('ok'))
    }
    t.strictSame(order, ['high', 'high2', 'first', 'normal', 'low'])

    world.submit({ ...newCall('p', { options: { ...NO_OPTIONS, priority: 7 } }), id: 'parent' })
    world.end(world.takeRun(), poll(['child']))
    t.equal(world.records.get('parent/1')?.options.priority, 7)
    world.end(world.takeRun(), { kind: 'tail-call', statusCode: 1, call: newCall('g', { endpoint: '' }) })
    t.equal(world.records.get('parent/1')?.options.priority, 7)
  },
)

t.test('S5 concurrent runs of one key are limited, and block no other call', async (t) => {
  const world = new World()
  const options = { ...NO_OPTIONS, concurrencyKeyMax: 2 }
  const of = (id: string, key: string) => ({ ...newCall('f', { options, concurrencyKey: key }), id })
  world.submit(of('a1', 'a'), of('a2', 'a'), of('a3', 'a'), of('a4', 'a'), of('b1', 'b'), of('free', ''))
  const runs = world.takeRuns()
  t.strictSame(
    runs.map((run) => run.id),
    ['a1', 'a2', 'b1', 'free'],
  )
  t.match(world.kernel.functionStats(), [{ waiting: 2, inFlight: 4 }])
  world.apply({ kind: 'cancel', id: 'a3' })
  world.end(runs[2] as RunEffect, exit('ok'))
  t.strictSame(world.takeRuns(), [], 'a run of another key frees nothing')
  world.end(runs[0] as RunEffect, exit('temporary'))
  t.equal(world.takeRun().id, 'a4')
  world.pass(1_000)
  t.strictSame(world.takeRuns(), [], 'a retry waits for its key')
  const restarted = world.restart()
  t.strictSame(
    restarted.takeRuns().map((run) => run.id),
    ['a2', 'a4', 'free'],
    'the same after a restart',
  )
})

t.test('S5 a call that is cancelled while it waits with a free key passes the key on', async (t) => {
  const world = new World()
  const options = { ...NO_OPTIONS, concurrencyMax: 2, concurrencyKeyMax: 1 }
  const of = (id: string, key: string) => ({ ...newCall('f', { options, concurrencyKey: key }), id })
  world.submit(of('a1', 'a'), of('a2', 'a'), of('a3', 'a'), of('free1', ''), of('free2', ''))
  const [first, free1] = world.takeRuns() as [RunEffect, RunEffect]
  t.strictSame([first.id, free1.id], ['a1', 'free1'])
  world.end(first, exit('ok'))
  const free2 = world.takeRun()
  t.equal(free2.id, 'free2', 'a2 is queued again, behind it')
  world.apply({ kind: 'cancel', id: 'a2' })
  world.end(free1, exit('ok'))
  t.equal(world.takeRun().id, 'a3')
})

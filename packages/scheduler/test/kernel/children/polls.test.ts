import type { Status } from '@dispatch/protocol'
import t from 'tap'
import type { RunEffect } from '../../../dist/kernel/events/events.js'
import { exit, failure, newCall, poll, World } from '../../helpers/kernel-harness.js'

t.test(
  'K4 a Poll records state, children, wait condition and received results in one decision',
  async (t) => {
    const world = new World()
    world.submit(newCall('f'))
    world.end(world.takeRun(), poll(['a', 'b'], { minResults: 2 }))
    const [a, b] = world.takeRuns() as [RunEffect, RunEffect]
    world.end(a, exit('ok'))
    t.strictSame(world.takeRuns(), [], 'one of two is not enough')
    world.end(b, exit('ok'))
    const resumed = world.takeRun()
    const decision = world.apply({
      kind: 'ran',
      id: 'f',
      run: resumed.run,
      roll: 0,
      outcome: poll(['c'], { first: 3, maxWaitMs: 5_000 }),
    })
    t.match(decision.writes, [
      { kind: 'journal', callId: 'f', restarts: 0, position: 1, ordinals: [1, 2] },
      { kind: 'insert', call: { id: 'f/3', correlationId: 3n, parentId: 'f' } },
      {
        kind: 'update',
        call: { state: 'suspended', polls: 2, children: 3, wait: { untilMs: world.nowMs + 5_000 } },
      },
    ])
  },
)

t.test('K5 when a suspended call is resumed', async (t) => {
  const cases = [
    {
      name: 'Q09 without max_wait it waits for min_results',
      wait: { minResults: 2 },
      ends: ['ok'],
      passMs: 1e9,
      want: undefined,
    },
    { name: 'min_results are enough', wait: { minResults: 2 }, ends: ['ok', 'ok'], passMs: 0, want: 2 },
    {
      name: 'Q11 as many results as can still come are enough',
      wait: { minResults: 5 },
      ends: ['ok', 'ok', 'ok'],
      passMs: 0,
      want: 3,
    },
    {
      name: 'a failure wakes a call with wakeOnFailure',
      wait: { minResults: 3, wakeOnFailure: true },
      ends: ['permanent'],
      passMs: 0,
      want: 1,
    },
    {
      name: 'a failure does not wake a call without wakeOnFailure',
      wait: { minResults: 3 },
      ends: ['permanent'],
      passMs: 0,
      want: undefined,
    },
    {
      name: 'Q12 max_wait resumes it without results',
      wait: { minResults: 1, maxWaitMs: 1_000 },
      ends: [],
      passMs: 1_000,
      want: 0,
    },
    {
      name: 'max_wait resumes it with the results that there are',
      wait: { minResults: 3, maxWaitMs: 1_000 },
      ends: ['ok'],
      passMs: 1_000,
      want: 1,
    },
    {
      name: 'it is not resumed one millisecond before max_wait',
      wait: { minResults: 1, maxWaitMs: 1_000 },
      ends: [],
      passMs: 999,
      want: undefined,
    },
    {
      name: 'with min_results of 0 it is resumed at once',
      wait: { minResults: 0 },
      ends: [],
      passMs: 0,
      want: 0,
    },
  ] as const
  t.plan(cases.length)
  for (const { name, wait, ends, passMs, want } of cases) {
    t.test(name, async (t) => {
      const world = new World()
      world.submit(newCall('f'))
      world.end(world.takeRun(), poll(['a', 'b', 'c'], wait))
      const runs = world.takeRuns()
      const children = runs.filter((run) => run.id !== 'f')
      const resumed = runs.filter((run) => run.id === 'f')
      for (const [index, status] of ends.entries())
        world.end(children[index] as RunEffect, exit(status as Status))
      world.pass(passMs)
      resumed.push(...world.takeRuns())
      t.strictSame(
        resumed.map((run) => run.deliveries?.length),
        want === undefined ? [] : [want],
      )
    })
  }
})

t.test('K5 a call with nothing to wait for is resumed at once, or when its timer ends', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), poll([], { maxWaitMs: 2_000 }))
  world.pass(1_999)
  t.strictSame(world.takeRuns(), [], 'it waits for its timer')
  world.pass(1)
  world.end(world.takeRun(), poll([]))
  t.match(world.takeRun(), { deliveries: [] }, 'without a timer it is resumed at once')
})

t.test('Q10 K6 a run receives at most max_results, and the next runs the rest', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(
    world.takeRun(),
    poll(
      Array.from({ length: 25 }, () => 'c'),
      { minResults: 25, maxResults: 10 },
    ),
  )
  for (let left = world.takeRuns(); left.length > 0 && left[0]?.id !== 'f'; ) {
    for (const run of left) world.end(run, exit('ok'))
    left = world.takeRuns()
    const resumed = left.find((run) => run.id === 'f')
    if (resumed === undefined) continue
    const ordinals: number[] = []
    for (let run = resumed; ; run = world.takeRun()) {
      t.ok((run.deliveries?.length ?? 0) <= 10, 'never more than max_results')
      ordinals.push(...(run.deliveries ?? []).map((delivery) => delivery.ordinal))
      if (ordinals.length === 25) break
      world.end(run, poll([], { minResults: 10, maxResults: 10 }))
    }
    t.strictSame([...new Set(ordinals)].length, 25, 'every result is delivered once')
    return
  }
  t.fail('the parent was never resumed')
})

t.test('K6 a run that is repeated receives its results again', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), poll(['a']))
  world.end(world.takeRun(), exit('ok'))
  const first = world.takeRun()
  world.end(first, failure('transport', 'tcp'))
  world.pass(500)
  t.strictSame(world.takeRun().deliveries, first.deliveries)
})

t.test('Q13 a refused Poll resumes its coroutine with the reason, also after a crash', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), poll([], { refusal: new Uint8Array([1]) }))
  t.match(world.takeRun(), { isRefused: true, deliveries: [] })
  t.match(world.restart().takeRun(), { isRefused: true, deliveries: [] })
})

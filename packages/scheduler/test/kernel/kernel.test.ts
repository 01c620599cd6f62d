import { STATUSES, type Status } from '@dispatch/protocol'
import t from 'tap'
import type { RunEffect } from '../../dist/kernel/events/events.js'
import { RETRY_AFTER_MS_MAX } from '../../dist/kernel/state/retry-policy.js'
import { exit, failure, NO_OPTIONS, newCall, poll, World } from '../helpers/kernel-harness.js'

t.test('K1 a call that is known already is not recorded again', async (t) => {
  const world = new World()
  world.submit(newCall('f', {}))
  const again = world.apply({ kind: 'submit', calls: [{ id: 'f', tenant: '', call: newCall('f') }] })
  t.strictSame(again, { writes: [], effects: [] })
  t.equal(world.kernel.size, 1)
})

t.test('K2 a call that was running when the process died is due again', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  const before = world.takeRun()
  const after = world.restart()
  t.match(after.takeRun(), { id: before.id, attempt: 1, deliveries: undefined })
})

t.test('a back-off does not become longer when the clock was set back between two lives', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), exit('temporary'))
  const after = world.restart({ clockSetBackMs: 86_400_000 })
  after.pass(RETRY_AFTER_MS_MAX - 1)
  t.strictSame(after.takeRuns(), [], 'nobody knows how much of it had passed: at most the longest there is')
  after.pass(1)
  t.match(after.takeRun(), { id: 'f', attempt: 2 })
})

t.test('K3 an answer to an older run is dropped', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  const first = world.takeRun()
  world.end(first, exit('temporary'))
  world.pass(500)
  const second = world.takeRun()
  world.end(first, exit('ok'))
  t.strictSame(world.takeDone(), [], 'the late answer changes nothing')
  world.end(second, exit('ok'))
  world.end(second, exit('permanent'))
  t.strictSame(
    world.takeDone().map((done) => done.call.statusCode),
    [STATUSES.ok.code],
    'a finished call is never finished twice',
  )
})

t.test('Q06 Q07 Q08 runs say where they stand in the tree', async (t) => {
  const world = new World()
  world.submit(newCall('top', { endpoint: 'http://x' }))
  const top = world.takeRun()
  t.match(top, { id: 'top', parentId: '', rootId: 'top', endpoint: 'http://x' })
  world.end(top, poll(['child']))
  const child = world.takeRun()
  t.match(child, { id: 'top/1', parentId: 'top', rootId: 'top', endpoint: 'http://x', function: 'child' })
  world.end(child, poll(['grandchild'], { call: { endpoint: 'http://y' } }))
  t.match(world.takeRun(), { id: 'top/1/1', parentId: 'top/1', rootId: 'top', endpoint: 'http://y' })
})

t.test('K4 a poll records state, children, wait and received results in one decision', async (t) => {
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
})

t.test('K5 when a suspended call goes on', async (t) => {
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
      name: 'Q11 as many as can still come are enough',
      wait: { minResults: 5 },
      ends: ['ok', 'ok', 'ok'],
      passMs: 0,
      want: 3,
    },
    {
      name: 'a failure wakes who asked for it',
      wait: { minResults: 3, wakeOnFailure: true },
      ends: ['permanent'],
      passMs: 0,
      want: 1,
    },
    {
      name: 'a failure does not wake who did not',
      wait: { minResults: 3 },
      ends: ['permanent'],
      passMs: 0,
      want: undefined,
    },
    {
      name: 'Q12 time wakes it with nothing',
      wait: { minResults: 1, maxWaitMs: 1_000 },
      ends: [],
      passMs: 1_000,
      want: 0,
    },
    {
      name: 'time wakes it with what there is',
      wait: { minResults: 3, maxWaitMs: 1_000 },
      ends: ['ok'],
      passMs: 1_000,
      want: 1,
    },
    {
      name: 'one millisecond early is too early',
      wait: { minResults: 1, maxWaitMs: 1_000 },
      ends: [],
      passMs: 999,
      want: undefined,
    },
    {
      name: 'with more calls to make it goes on at once',
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

t.test('K5 with nothing to wait for', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), poll([], { maxWaitMs: 2_000 }))
  world.pass(1_999)
  t.strictSame(world.takeRuns(), [], 'a timer is waited for')
  world.pass(1)
  world.end(world.takeRun(), poll([]))
  t.match(world.takeRun(), { deliveries: [] }, 'without a timer it goes on at once')
})

t.test('Q10 K6 at most max_results are delivered, and the rest with the next runs', async (t) => {
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
      t.ok((run.deliveries?.length ?? 0) <= 10, 'never more than asked for')
      ordinals.push(...(run.deliveries ?? []).map((delivery) => delivery.ordinal))
      if (ordinals.length === 25) break
      world.end(run, poll([], { minResults: 10, maxResults: 10 }))
    }
    t.strictSame([...new Set(ordinals)].length, 25, 'every result is delivered once')
    return
  }
  t.fail('the parent never went on')
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

t.test('Q14 K7 a retryable status is tried again after growing delays, with one result', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), exit('temporary'))
  t.equal(world.records.get('f')?.state, 'scheduled')
  world.pass(499)
  const second = world.takeRun()
  t.equal(second.attempt, 2)
  world.end(second, exit('temporary'))
  world.pass(998)
  t.strictSame(world.takeRuns(), [])
  world.pass(1)
  const third = world.takeRun()
  t.equal(third.attempt, 3)
  world.end(third, exit('ok'))
  t.strictSame(
    world.takeDone().map(({ call }) => [call.statusCode, call.attempts]),
    [[STATUSES.ok.code, 3]],
  )
})

t.test('R19 which statuses are tried again', async (t) => {
  const statuses = Object.keys(STATUSES) as Status[]
  t.plan(statuses.length)
  for (const status of statuses) {
    const world = new World()
    world.submit(newCall('f'))
    world.end(world.takeRun(), exit(status))
    const isDone = world.takeDone().length === 1
    t.equal(isDone, STATUSES[status].retry === 'no', status)
  }
})

t.test('K7 when a call is given up', async (t) => {
  const day = 86_400_000
  const cases = [
    { name: 'attemptsMax', options: { attemptsMax: 3 }, attempts: 3 },
    { name: 'giveUpAfterMs of the call', options: { giveUpAfterMs: 1_000 }, attempts: 2 },
    { name: 'giveUpAfterMs of the policy', options: {}, attempts: Math.ceil(day / 300_000) + 9 },
  ]
  t.plan(cases.length * 2)
  for (const { name, options, attempts } of cases) {
    const world = new World()
    world.submit(
      newCall('f', {
        options: {
          attemptsMax: 0,
          giveUpAfterMs: 0,
          concurrencyMax: 0,
          runMsMax: 0,
          priority: 0,
          concurrencyKeyMax: 0,
          ...options,
        },
      }),
    )
    let done = world.takeDone()
    let runs = 0
    while (done.length === 0 && runs < 1000) {
      world.end(world.takeRun(), exit('throttled'))
      runs += 1
      done = world.takeDone()
      world.pass(300_000)
    }
    t.equal(done[0]?.call.statusCode, STATUSES.throttled.code, `${name}: the last status stays`)
    t.ok(Math.abs(runs - attempts) <= 8, `${name}: about ${attempts} attempts, got ${runs}`)
  }
})

t.test('K7 Retry-After is a floor, and a checkpoint resets the attempts', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), exit('throttled', { retryAfterMs: 60_000 }))
  world.pass(59_999)
  t.strictSame(world.takeRuns(), [])
  world.pass(1)
  const second = world.takeRun()
  t.equal(second.attempt, 2)
  world.end(second, poll([], { maxWaitMs: 10 }))
  world.pass(10)
  t.equal(world.takeRun().attempt, 1)
})

t.test('Q16 K9 incompatible state restarts from the input, and what was before is void', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), poll(['a', 'b']))
  const [a, b] = world.takeRuns() as [RunEffect, RunEffect]
  world.end(a, exit('ok'))
  world.end(world.takeRun(), exit('incompatible_state'))
  t.strictSame(world.takeAborts(), ['f/2 canceled'])
  const again = world.takeRun()
  t.match(again, { id: 'f', deliveries: undefined, restarts: 1 })
  world.end(b, exit('ok'))
  world.end(again, poll(['a']))
  t.match(world.takeRun(), { id: 'f/1.1' }, 'children after a restart are other calls')
  t.strictSame(world.takeRuns(), [], 'the old result wakes nobody')
  const restarted = world.restart()
  t.match(restarted.takeRuns(), [{ id: 'f/1.1' }], 'nor after a crash')
})

t.test('Q17 Q18 K10 a tail call replaces the function under the same id', async (t) => {
  const world = new World()
  world.submit(newCall('f', { expirationMs: 90_000 }))
  const first = world.takeRun()
  world.nowMs += 10
  world.end(first, {
    kind: 'tail-call',
    statusCode: STATUSES.temporary.code,
    call: newCall('g', { endpoint: '' }),
  })
  t.strictSame(world.takeRuns(), [], 'a retryable status adds the back-off')
  world.pass(500)
  const second = world.takeRun()
  t.match(second, {
    id: 'f',
    function: 'g',
    endpoint: first.endpoint,
    createdAtMs: first.createdAtMs,
    expiresAtMs: first.expiresAtMs,
    deliveries: undefined,
  })
  world.end(second, exit('ok'))
  t.match(world.takeDone(), [{ call: { id: 'f', function: 'g', statusCode: 1 } }])
})

t.test('K12 what a call becomes by a tail call may expire earlier, and no later', (t) => {
  for (const [first, second, want] of [
    [0, 1_000, 1_000],
    [5_000, 1_000, 1_000],
    [1_000, 5_000, 1_000],
  ] as const) {
    const world = new World()
    world.submit(newCall('f', { expirationMs: first }))
    const call = newCall('g', { expirationMs: second })
    world.end(world.takeRun(), { kind: 'tail-call', statusCode: 1, call })
    world.takeRun()
    world.pass(want - 1)
    t.strictSame(world.takeDone(), [])
    world.pass(1)
    t.match(world.takeDone(), [{ call: { function: 'g', statusCode: STATUSES.timeout.code } }])
  }
  t.end()
})

t.test('Q20 K11 an unknown function is asked for again for ten minutes, then it is not found', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  const startedAtMs = world.nowMs
  while (world.kernel.size > 0 && world.nowMs - startedAtMs < 3_600_000) {
    for (const run of world.takeRuns()) world.end(run, failure('function', 'not_found'))
    world.pass(100)
  }
  t.equal(world.records.get('f')?.statusCode, STATUSES.not_found.code)
  t.equal(world.records.get('f')?.finishedAtMs, startedAtMs + 600_000)
  t.ok((world.records.get('f')?.attempts ?? 0) > 9, 'with back-off between the attempts')

  const deploy = new World()
  deploy.submit(newCall('f'))
  deploy.end(deploy.takeRun(), failure('function', 'not_found'))
  deploy.pass(500)
  deploy.end(deploy.takeRun(), exit('not_found'))
  t.equal(deploy.takeDone().length, 1, 'a handler’s own not_found is final at once')
})

t.test('K11 an endpoint that asks for a journal knows the function', (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), failure('function', 'not_found'))
  world.pass(500)
  world.end(world.takeRun(), { kind: 'needs-journal' })
  world.pass(600_000)
  world.end(world.takeRun(), failure('function', 'not_found'))
  t.strictSame(world.takeDone(), [], 'ten minutes begin anew')
  t.end()
})

t.test('a suspended call that is woken runs, whatever it waits for, and no other does', (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.apply({ kind: 'wake', id: 'unknown' })
  const first = world.takeRun()
  world.apply({ kind: 'wake', id: 'f' })
  t.strictSame(world.takeRuns(), [], 'it runs already')
  world.end(first, poll(['g']))
  const [child] = world.takeRuns()
  t.strictSame(world.apply({ kind: 'wake', id: 'f' }).writes, [])
  world.apply({ kind: 'wake', id: 'f' })
  t.match(world.takeRuns(), [{ id: 'f', deliveries: [] }])
  t.match(child, { function: 'g' })
  t.end()
})

t.test('S4 who is held up by its own limit and leaves lets those behind it go', (t) => {
  const world = new World()
  world.submit({ ...newCall('f'), id: 'runs' })
  world.takeRun()
  world.submit({ ...newCall('f', { options: { ...NO_OPTIONS, concurrencyMax: 1 } }), id: 'held up' })
  world.submit({ ...newCall('f'), id: 'behind' })
  world.apply({ kind: 'cancel', id: 'held up' })
  t.match(world.takeRuns(), [{ id: 'behind' }])
  t.end()
})

t.test('Q23 K12 expiration ends a call wherever it is, and its children with it', async (t) => {
  const states = {
    scheduled: (world: World) => world.end(world.takeRun(), exit('temporary')),
    pending: (world: World) => {
      for (let n = 0; n < 30; n += 1) world.submit(newCall('f', { expirationMs: 1_000 }))
    },
    running: () => {},
    suspended: (world: World) => world.end(world.takeRun(), poll(['c'], { call: { expirationMs: 5_000 } })),
  }
  t.plan(Object.keys(states).length * 2)
  for (const [name, arrange] of Object.entries(states)) {
    const world = new World()
    world.roll = 0.99999
    world.submit(newCall('f', { expirationMs: 100 }))
    arrange(world)
    world.pass(99)
    t.equal(world.takeDone().length, 0, `${name}: not before`)
    world.pass(1)
    const codes = [...new Set(world.takeDone().map((done) => done.call.statusCode))]
    t.strictSame(codes, [STATUSES.timeout.code], `${name}: timeout`)
  }
})

t.test('K13 cancelling ends the tree below and nothing else', async (t) => {
  const world = new World()
  world.submit(newCall('top'), newCall('other'))
  const [top] = world.takeRuns() as [RunEffect, RunEffect]
  world.end(top, poll(['a', 'b']))
  const [a, b] = world.takeRuns() as [RunEffect, RunEffect]
  world.end(a, poll(['c']))
  world.takeRuns()
  world.apply({ kind: 'cancel', id: 'top/1' })
  t.strictSame(
    world.takeDone().map((done) => done.call.id),
    ['top/1/1', 'top/1'],
  )
  t.strictSame(world.takeAborts(), ['top/1/1 canceled'])
  t.match(world.takeRun(), { id: 'top', deliveries: [{ childId: 'top/1' }] }, 'the parent hears of it')
  world.apply({ kind: 'cancel', id: 'top' })
  t.strictSame(
    world
      .takeDone()
      .map((done) => done.call.id)
      .sort(),
    ['top', 'top/2'],
  )
  world.end(b, exit('ok'))
  t.strictSame(world.takeDone(), [])
  t.equal(world.kernel.size, 1, 'the other tree goes on')
})

t.test('K15 a call that ends leaves its children running', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), poll(['fast', 'slow']))
  const [fast, slow] = world.takeRuns() as [RunEffect, RunEffect]
  world.end(fast, exit('ok'))
  world.end(world.takeRun(), exit('ok'))
  t.equal(world.kernel.size, 1)
  world.end(slow, exit('ok'))
  t.equal(world.kernel.size, 0)
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

t.test('Q21 Q27 an endpoint that fails is slowed down, and no other', async (t) => {
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
  t.equal(limits['http://a'], 5, 'halved once for one round trip')
  t.ok((limits['http://b'] ?? 0) >= 10)
})

t.test('stats tell how the runs of a function ended and between what its limit moved', async (t) => {
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

t.test('of calls that are done no timers are left', async (t) => {
  const world = new World()
  world.submit({ ...newCall('f', { expirationMs: 500_000 }), id: 'stays' })
  const stays = world.takeRun()
  for (let n = 0; n < 5_000; n += 1) {
    world.submit({ ...newCall('f', { expirationMs: 86_400_000 }), id: `f${n}` })
    world.end(world.takeRun(), exit('ok'))
  }
  t.ok(world.kernel.timers <= 1_003, `${world.kernel.timers} timers`)
  world.pass(500_000)
  t.strictSame(world.takeAborts(), [`${stays.id} expired`], 'and those of the others go off')
})

t.test('a fan-out of 10,000 does not hold up a single new call', async (t) => {
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

t.test('a fixed limit binds beside the adaptive one', async (t) => {
  const world = new World()
  const options = {
    attemptsMax: 0,
    giveUpAfterMs: 0,
    concurrencyMax: 2,
    runMsMax: 0,
    priority: 0,
    concurrencyKeyMax: 0,
  }
  for (let n = 0; n < 5; n += 1) world.submit({ ...newCall('f', { options }), id: `f${n}` })
  const first = world.takeRuns()
  t.equal(first.length, 2)
  world.end(first[0] as RunEffect, exit('ok'))
  t.equal(world.takeRuns().length, 1)
})

t.test(
  'a coroutine that is not in memory gets its journal with the next run, without an attempt',
  async (t) => {
    const world = new World()
    world.submit(newCall('f'))
    world.end(world.takeRun(), poll(['a']))
    world.end(world.takeRun(), exit('ok'))
    const resumed = world.takeRun()
    t.equal(resumed.needsJournal, false)
    world.end(resumed, { kind: 'needs-journal' })
    const again = world.takeRun()
    t.match(again, { needsJournal: true, attempt: 1, deliveries: resumed.deliveries })
  },
)

t.test('Q13 a refused poll is told to the coroutine, also after a crash', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), poll([], { refusal: new Uint8Array([1]) }))
  t.match(world.takeRun(), { isRefused: true, deliveries: [] })
  t.match(world.restart().takeRun(), { isRefused: true, deliveries: [] })
})

t.test('Q25 suspended calls continue after a crash, with the results that came before it', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), poll(['a', 'b'], { minResults: 2 }))
  const [a] = world.takeRuns() as [RunEffect, RunEffect]
  world.end(a, exit('ok'))
  const after = world.restart()
  const b = after.takeRun()
  t.equal(b.id, 'f/2', 'only what is not done runs again')
  after.end(b, exit('ok'))
  t.strictSame(
    after.takeRun().deliveries?.map((delivery) => delivery.childId),
    ['f/1', 'f/2'],
  )
})

t.test('a scheduler that is closed starts nothing, and goes on when it opens', async (t) => {
  const world = new World(undefined, { isOpen: false })
  world.submit(newCall('f'))
  t.strictSame(world.takeRuns(), [])
  world.apply({ kind: 'open' })
  const run = world.takeRun()
  world.apply({ kind: 'close' })
  world.end(run, { kind: 'abandoned' })
  t.strictSame(world.takeRuns(), [])
  t.equal(world.records.get('f')?.attempts, 0, 'an abandoned run is no attempt')
})

t.test('the same events give the same writes and effects', async (t) => {
  const script = (): World => {
    const world = new World()
    world.roll = 0.3
    world.submit(newCall('f'), newCall('g', { delayMs: 50, expirationMs: 10_000 }))
    world.end(world.takeRun(), poll(['a', 'b', 'c'], { minResults: 2 }))
    const runs = world.takeRuns()
    for (const [index, run] of runs.entries()) world.end(run, index === 1 ? exit('throttled') : exit('ok'))
    world.pass(5_000)
    for (const run of world.takeRuns()) world.end(run, exit('ok'))
    world.pass(50_000)
    return world
  }
  t.strictSame(script().decisions, script().decisions)
})

t.test('calls of a higher priority go first, and children have the priority of their parent', async (t) => {
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
})

t.test('calls of one key run so many at a time, and hold up nobody', async (t) => {
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
  t.strictSame(world.takeRuns(), [], 'the end of another key helps nobody')
  world.end(runs[0] as RunEffect, exit('temporary'))
  t.equal(world.takeRun().id, 'a4')
  world.pass(1_000)
  t.strictSame(world.takeRuns(), [], 'a retry waits for its key, too')
  const restarted = world.restart()
  t.strictSame(
    restarted.takeRuns().map((run) => run.id),
    ['a2', 'a4', 'free'],
    'and after a restart',
  )
})

t.test('S5 a call of a key that ends while it waits for room passes the key on', async (t) => {
  const world = new World()
  const options = { ...NO_OPTIONS, concurrencyMax: 2, concurrencyKeyMax: 1 }
  const of = (id: string, key: string) => ({ ...newCall('f', { options, concurrencyKey: key }), id })
  world.submit(of('a1', 'a'), of('a2', 'a'), of('a3', 'a'), of('free1', ''), of('free2', ''))
  const [first, free1] = world.takeRuns() as [RunEffect, RunEffect]
  t.strictSame([first.id, free1.id], ['a1', 'free1'])
  world.end(first, exit('ok'))
  const free2 = world.takeRun()
  t.equal(free2.id, 'free2', 'a2 may run again, and is behind it')
  world.apply({ kind: 'cancel', id: 'a2' })
  world.end(free1, exit('ok'))
  t.equal(world.takeRun().id, 'a3')
})

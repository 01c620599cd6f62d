import { STATUSES, type Status } from '@dispatch/protocol'
import t from 'tap'
import { exit, failure, NO_OPTIONS, newCall, poll, World } from '../../helpers/kernel-harness.js'

t.test('Q14 K7 a retryable status is retried after growing delays, with one result', async (t) => {
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

t.test('R19 which statuses are retried', async (t) => {
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
        options: { ...NO_OPTIONS, ...options },
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

t.test('K7 Retry-After is a minimum, and a checkpoint resets the attempts', async (t) => {
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

t.test(
  'Q20 K11 a call of an unknown function is retried for ten minutes, then ends with not_found',
  async (t) => {
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
    t.equal(deploy.takeDone().length, 1, 'a not_found of the handler itself is final at once')
  },
)

t.test('K11 an endpoint that requests a journal has the function', (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), failure('function', 'not_found'))
  world.pass(500)
  world.end(world.takeRun(), { kind: 'needs-journal' })
  world.pass(600_000)
  world.end(world.takeRun(), failure('function', 'not_found'))
  t.strictSame(world.takeDone(), [], 'the ten minutes begin again')
  t.end()
})

t.test(
  'a coroutine that is not in memory receives its journal with the next run, which is the same attempt',
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

import { STATUSES } from '@dispatch/protocol'
import t from 'tap'
import type { RunEffect } from '../../dist/kernel/events/events.js'
import { RETRY_AFTER_MS_MAX } from '../../dist/kernel/state/retry-policy.js'
import { exit, newCall, poll, World } from '../helpers/kernel-harness.js'

t.test('K1 a call whose id is in use is not recorded again', async (t) => {
  const world = new World()
  world.submit(newCall('f', {}))
  const again = world.apply({ kind: 'submit', calls: [{ id: 'f', tenant: '', call: newCall('f') }] })
  t.strictSame(again, { writes: [], effects: [] })
  t.equal(world.kernel.size, 1)
})

t.test('K2 a call that was running when the process died is due again after a restart', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  const before = world.takeRun()
  const after = world.restart()
  t.match(after.takeRun(), { id: before.id, attempt: 1, deliveries: undefined })
})

t.test('a back-off does not become longer when the clock is set back before a restart', async (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.end(world.takeRun(), exit('temporary'))
  const after = world.restart({ clockSetBackMs: 86_400_000 })
  after.pass(RETRY_AFTER_MS_MAX - 1)
  t.strictSame(
    after.takeRuns(),
    [],
    'the time that has passed is unknown: it is the longest back-off at most',
  )
  after.pass(1)
  t.match(after.takeRun(), { id: 'f', attempt: 2 })
})

t.test('K3 an answer to an earlier run is dropped', async (t) => {
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

t.test('Q06 Q07 Q08 a run names its call, its parent and its root', async (t) => {
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

t.test('wake resumes a suspended call, whatever it waits for, and changes no other', (t) => {
  const world = new World()
  world.submit(newCall('f'))
  world.apply({ kind: 'wake', id: 'unknown' })
  const first = world.takeRun()
  world.apply({ kind: 'wake', id: 'f' })
  t.strictSame(world.takeRuns(), [], 'a call that runs is not changed')
  world.end(first, poll(['g']))
  const [child] = world.takeRuns()
  t.strictSame(world.apply({ kind: 'wake', id: 'f' }).writes, [])
  world.apply({ kind: 'wake', id: 'f' })
  t.match(world.takeRuns(), [{ id: 'f', deliveries: [] }])
  t.match(child, { function: 'g' })
  t.end()
})

t.test('calls that are done leave a bounded number of timers', async (t) => {
  const world = new World()
  world.submit({ ...newCall('f', { expirationMs: 500_000 }), id: 'stays' })
  const stays = world.takeRun()
  for (let n = 0; n < 5_000; n += 1) {
    world.submit({ ...newCall('f', { expirationMs: 86_400_000 }), id: `f${n}` })
    world.end(world.takeRun(), exit('ok'))
  }
  t.ok(world.kernel.timers <= 1_003, `${world.kernel.timers} timers`)
  world.pass(500_000)
  t.strictSame(world.takeAborts(), [`${stays.id} expired`], 'the timers of other calls still fire')
})

t.test('a closed kernel starts no run, and starts them when it is opened', async (t) => {
  const world = new World(undefined, { isOpen: false })
  world.submit(newCall('f'))
  t.strictSame(world.takeRuns(), [])
  world.apply({ kind: 'open' })
  const run = world.takeRun()
  world.apply({ kind: 'close' })
  world.end(run, { kind: 'abandoned' })
  t.strictSame(world.takeRuns(), [])
  t.equal(world.records.get('f')?.attempts, 0, 'an abandoned run does not count as an attempt')
})

t.test('the same events lead to the same writes and effects', async (t) => {
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

t.test(
  'Q25 suspended calls continue after a crash, with the results that were delivered before it',
  async (t) => {
    const world = new World()
    world.submit(newCall('f'))
    world.end(world.takeRun(), poll(['a', 'b'], { minResults: 2 }))
    const [a] = world.takeRuns() as [RunEffect, RunEffect]
    world.end(a, exit('ok'))
    const after = world.restart()
    const b = after.takeRun()
    t.equal(b.id, 'f/2', 'only calls that are not done run again')
    after.end(b, exit('ok'))
    t.strictSame(
      after.takeRun().deliveries?.map((delivery) => delivery.childId),
      ['f/1', 'f/2'],
    )
  },
)

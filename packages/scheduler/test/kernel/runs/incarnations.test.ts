import { STATUSES } from '@dispatch/protocol'
import t from 'tap'
import type { RunEffect } from '../../../dist/kernel/events/events.js'
import { exit, newCall, poll, World } from '../../helpers/kernel-harness.js'

t.test(
  'Q16 K9 incompatible_state restarts the call from its input, and discards its children and results',
  async (t) => {
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
    t.match(world.takeRun(), { id: 'f/1.1' }, 'children after a restart have other ids')
    t.strictSame(world.takeRuns(), [], 'an earlier result resumes no call')
    const restarted = world.restart()
    t.match(restarted.takeRuns(), [{ id: 'f/1.1' }], 'nor does it after a crash')
  },
)

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

t.test('K12 a tail call may bring the expiration forward, and cannot put it off', (t) => {
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

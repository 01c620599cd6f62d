import { STATUSES } from '@dispatch/protocol'
import t from 'tap'
import type { RunEffect } from '../../../dist/kernel/events/events.js'
import { exit, newCall, poll, World } from '../../helpers/kernel-harness.js'

t.test('Q23 K12 expiration ends a call in every state, and its children with it', async (t) => {
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

t.test('K13 cancelling a call ends the tree below it and no other call', async (t) => {
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
  t.strictSame(world.takeAborts(), ['top/1/1 canceled', 'top/1 canceled'])
  t.match(
    world.takeRun(),
    { id: 'top', deliveries: [{ childId: 'top/1' }] },
    'the parent receives the result',
  )
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
  t.equal(world.kernel.size, 1, 'the other tree continues')
})

t.test('K15 a call that ends does not cancel its children', async (t) => {
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

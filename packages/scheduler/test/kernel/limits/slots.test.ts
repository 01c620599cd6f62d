import t from 'tap'
import { Slots } from '../../../dist/kernel/limits/slots.js'
import type { CallNode } from '../../../dist/kernel/node/call-node.js'
import { exit, NO_OPTIONS, newCall, poll, World } from '../../helpers/kernel-harness.js'

function targetLike({ endpoint = 'http://app', function: name = 'f', giveUpAfterMs = 0 }) {
  const options = { ...NO_OPTIONS, giveUpAfterMs }
  return { endpoint, function: name, version: '', options }
}

t.test('S6 functions without calls are forgotten, the oldest first, and none that has some', (t) => {
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
  t.equal(slotOf(0), busy, 'one with a call')
  t.equal(slotOf(24_999), recent, 'one that had a call of late')
  t.equal(slots.stats().filter(({ function: name }) => name === 'f1').length, 0, 'the oldest')
  t.end()
})

t.test('limits that are another with each call cost no memory, and the function has one slot', (t) => {
  const slots = new Slots<CallNode>()
  const targetOf = (giveUpAfterMs: number) => slots.target('', targetLike({ giveUpAfterMs }))
  const first = targetOf(1)
  t.equal(targetOf(1), first, 'alike')
  for (let ms = 2; ms <= 25_000; ms += 1) targetOf(ms)
  t.ok(slots.targets <= 10_000, `${slots.targets} kept`)
  t.equal(targetOf(1).slot, first.slot)
  t.equal(slots.stats().length, 1)
  t.end()
})

const LATER_MS = 86_400_000

/** How a call comes to wait in function `kept`. */
const WAYS: readonly { name: string; wait: (world: World) => World }[] = [
  {
    name: 'dispatched',
    wait: (world) => {
      world.submit(newCall('kept', { delayMs: LATER_MS }))
      return world
    },
  },
  {
    name: 'made by another',
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
    name: 'taken over after a restart',
    wait: (world) => {
      world.submit(newCall('kept', { delayMs: LATER_MS }))
      return world.restart()
    },
  },
]

for (const { name, wait } of WAYS) {
  t.test(`S6 a function with a call that was ${name} is kept, until that has ended`, (t) => {
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

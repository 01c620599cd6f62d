import { type Call, CallState } from '@dispatch/protocol/messages'
import t, { type Test } from 'tap'
import { createScheduler } from '../../dist/scheduler.js'
import { createMemoryStore } from '../../dist/store/memory-store.js'
import type { Store } from '../../dist/store/store.js'
import { callOf, ENDLESS } from '../helpers/api-calls.js'
import { ManualClock } from '../helpers/manual-clock.js'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

t.test('a call that waits is not delayed when the clock is set back', async (t) => {
  const clock = new ManualClock()
  const scheduler = await startScheduler(t, clock, createMemoryStore())
  const [id = ''] = await scheduler.dispatch([callIn(5 * MINUTE_MS)])
  clock.pass(MINUTE_MS)
  clock.wallMs -= DAY_MS
  clock.pass(4 * MINUTE_MS - 1)
  t.equal((await scheduler.get(id))?.state, CallState.SCHEDULED)
  clock.pass(1)
  t.equal((await scheduler.get(id))?.state, CallState.RUNNING)
})

t.test('a call waits no longer than its delay when the clock is set back before a restart', async (t) => {
  const store = createMemoryStore()
  const before = new ManualClock()
  const first = await startScheduler(t, before, store)
  const [id = ''] = await first.dispatch([callIn(5 * MINUTE_MS)])
  before.pass(MINUTE_MS)
  await first.close()

  const after = new ManualClock()
  after.wallMs = before.wallMs - DAY_MS
  const warnings: unknown[] = []
  const second = await startScheduler(t, after, store, warnings)
  t.match(warnings, [{ behindMs: DAY_MS - MINUTE_MS }], 'the log says that the clock is behind')
  after.pass(5 * MINUTE_MS)
  t.equal((await second.get(id))?.state, CallState.RUNNING)
})

function callIn(delayMs: number): Call {
  return callOf('f', { delay: { seconds: BigInt(delayMs / 1_000), nanos: 0 } as never })
}

async function startScheduler(t: Test, clock: ManualClock, store: Store, warnings: unknown[] = []) {
  const ignore = (): void => {}
  const scheduler = createScheduler({
    store,
    clock,
    endpointOf: () => ENDLESS,
    logger: { debug: ignore, info: ignore, warn: (fields) => warnings.push(fields), error: ignore },
  })
  t.teardown(() => {
    const closed = scheduler.close()
    clock.pass(0)
    return closed
  })
  await scheduler.open()
  scheduler.start()
  return scheduler
}

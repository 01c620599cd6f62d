import { type Scheduler, STATUSES } from '@dispatch/protocol'
import { CallState } from '@dispatch/protocol/messages'
import t from 'tap'
import { createMemoryStore } from '../../dist/store/memory-store.js'
import type { Store } from '../../dist/store/store.js'
import { ManualClock } from '../helpers/manual-clock.js'
import { answer, callOf, Script, startScheduler } from '../helpers/scheduler-harness.js'

const FIRST = '0198f0c2-1c1c-7000-8000-000000000001'
const SECOND = '0198f0c2-1c1c-7000-8000-000000000002'

/** A store in memory that records the ids that are looked up. */
function counting() {
  const store = createMemoryStore()
  const asked: string[] = []
  const existing: Store['existing'] = (ids) => {
    asked.push(...ids)
    return store.existing(ids)
  }
  return { store: { ...store, existing }, asked }
}

for (const dispatchId of ['mine', FIRST]) {
  t.test(`a call that is cancelled before it is recorded keeps its id in use: ${dispatchId}`, async (t) => {
    const endpoint = new Script({ f: () => answer('ok') })
    const scheduler = await startScheduler(t, endpoint)
    const call = callOf('f', 1, { dispatchId })
    const first = scheduler.dispatch([call])
    while (scheduler.liveCalls === 0) await undefined
    const canceled = scheduler.cancel(dispatchId)
    const again = scheduler.dispatch([call])
    t.strictSame(await Promise.all([first, again]), [[dispatchId], [dispatchId]])
    t.equal((await canceled)?.status, STATUSES.permanent.code)
    t.equal((await scheduler.get(dispatchId))?.status, STATUSES.permanent.code)
    t.strictSame(endpoint.requests, [])
  })
}

for (const dispatchId of ['daily', FIRST]) {
  t.test(
    `the id of a call of another tenant is refused, whatever the state of that call: ${dispatchId}`,
    async (t) => {
      const store = createMemoryStore()
      let release = (): void => {}
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      const endpoint = new Script({ f: () => held.then(() => answer('ok')) })
      const scheduler = await startScheduler(t, endpoint, { store })
      const calls = [callOf('f'), callOf('f', 1, { dispatchId })]
      const theirs = scheduler.forTenant('theirs')
      const refused = {
        status: 'permission_denied',
        message: /^calls\[1\]\.dispatch_id: .* another tenant .* prefix/,
      } as const
      const refuses = (mine: Scheduler) => t.rejects(mine.dispatch(calls), refused)

      const first = theirs.dispatch(calls.slice(1))
      while (scheduler.liveCalls === 0) await new Promise(setImmediate)
      await refuses(scheduler)
      await first
      await refuses(scheduler.forTenant('mine'))
      release()
      t.match(await theirs.wait(dispatchId, 5_000), { state: CallState.DONE })
      await refuses(scheduler)
      t.strictSame(await theirs.dispatch(calls.slice(1)), [dispatchId], 'its own tenant may repeat it')
      t.equal(endpoint.requests.length, 1, 'nothing else was recorded')

      await scheduler.close()
      await refuses(await startScheduler(t, endpoint, { store }))
    },
  )
}

t.test('an id whose call has been deleted can be used again', async (t) => {
  const clock = new ManualClock()
  const script = new Script({ f: () => answer('ok') })
  const scheduler = await startScheduler(t, script, { clock, retentionMs: 1_000 })
  const call = callOf('f', 1, { dispatchId: 'weekly' })
  await scheduler.dispatch([call])
  await scheduler.wait('weekly', 5_000)
  clock.pass(61_000)
  while ((await scheduler.get('weekly')) !== undefined) await new Promise(setImmediate)
  await new Promise(setImmediate)
  t.strictSame(await scheduler.dispatch([call]), ['weekly'])
  t.ok(await scheduler.get('weekly'), 'an acknowledged call exists')
})

t.test('a call that is recorded while it is being cancelled is cancelled', async (t) => {
  const store = createMemoryStore()
  let read = (): void => {}
  const slow: Store = {
    ...store,
    readCall: async (id) => {
      await new Promise<void>((resolve) => {
        read = resolve
      })
      return store.readCall(id)
    },
  }
  const endpoint = new Script({
    f: (_request, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve(answer('timeout')))),
  })
  const scheduler = await startScheduler(t, endpoint, { store: slow })
  const canceled = scheduler.cancel(FIRST)
  await new Promise(setImmediate)
  await scheduler.dispatch([callOf('f', 1, { dispatchId: FIRST })])
  read()
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  read()
  t.equal((await canceled)?.status, STATUSES.permanent.code)
})

t.test('only ids that may be in the store are looked up', async (t) => {
  const { store, asked } = counting()
  const dispatch = (scheduler: { dispatch: (calls: ReturnType<typeof callOf>[]) => unknown }, id: string) =>
    scheduler.dispatch([callOf('f', 1, { dispatchId: id })])
  const endpoint = new Script({ f: () => answer('ok') })
  const before = await startScheduler(t, endpoint, { store })
  for (const id of [SECOND, FIRST, SECOND, 'mine']) {
    await dispatch(before, id)
    await before.wait(id, 5_000)
  }
  t.strictSame(asked, ['mine'])
  await before.close()

  const after = await startScheduler(t, endpoint, { store })
  for (const id of [SECOND, FIRST, 'mine']) await dispatch(after, id)
  t.strictSame(asked, ['mine', SECOND, FIRST, 'mine'])
  t.equal(endpoint.requests.length, 3, 'each ran once')
})

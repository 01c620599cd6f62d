import { DispatchError } from '@dispatch/protocol'
import { CallState } from '@dispatch/protocol/messages'
import t, { type Test } from 'tap'
import { createScheduler } from '../../dist/scheduler.js'
import { createMemoryStore } from '../../dist/store/memory-store.js'
import type { Store } from '../../dist/store/store.js'
import { callOf, ENDLESS } from '../helpers/api-calls.js'
import { ManualClock } from '../helpers/manual-clock.js'
import { answer, Script, startScheduler } from '../helpers/scheduler-harness.js'

/** A disk that may be full, and reports attempts to write to it. */
class Disk {
  isFull = false
  #onTried: (() => void)[] = []

  async write(work: () => Promise<void>): Promise<void> {
    try {
      if (this.isFull) throw new DispatchError('temporary', 'the disk is full')
      await work()
    } finally {
      // After the code that awaits the write has continued.
      setImmediate(() => {
        for (const resolve of this.#onTried.splice(0)) resolve()
      })
    }
  }

  tried(): Promise<void> {
    return new Promise((resolve) => this.#onTried.push(resolve))
  }
}

t.test('a dispatch does not wait for a store that cannot write, and can be repeated', async (t) => {
  const { scheduler, disk, clock, store } = await startFailing(t)
  disk.isFull = true
  const call = () => callOf('f', { dispatchId: 'once' })
  const waiting = scheduler.dispatch([call()])
  await disk.tried()
  clock.pass(2_000)
  await t.rejects(waiting, {
    status: 'timeout',
    message: /did not confirm the call in time \(the disk is full\)/,
  })
  await t.rejects(scheduler.dispatch([call()]), {
    status: 'temporary',
    message: /cannot record calls at present \(the disk is full\)/,
    retryAfterMs: 5_000,
  })
  t.strictSame([...(await store.existing(['once'])).keys()], [])

  disk.isFull = false
  const tried = disk.tried()
  clock.pass(5_000)
  await tried
  t.strictSame(await scheduler.dispatch([call()]), ['once'], 'it is accepted once there is space')
  t.strictSame([...(await store.existing(['once'])).keys()], ['once'])
})

t.test('a dispatch that becomes durable within two seconds is acknowledged', async (t) => {
  const { scheduler, disk, clock } = await startFailing(t)
  disk.isFull = true
  const waiting = scheduler.dispatch([callOf('f', { dispatchId: 'once' })])
  await disk.tried()
  disk.isFull = false
  clock.pass(1_999)
  t.strictSame(await waiting, ['once'])
})

t.test('a store that cannot be read temporarily costs no attempt of a call', async (t) => {
  const store = createMemoryStore()
  let failures = 2
  const flaky: Store = {
    ...store,
    readPayloads(ids) {
      failures -= 1
      if (failures >= 0)
        return Promise.reject(new DispatchError('temporary', 'the store has lost its thread'))
      return store.readPayloads(ids)
    },
  }
  const script = new Script({ f: () => answer('ok') })
  const scheduler = await startScheduler(t, script, { store: flaky, cacheBytesMax: 0 })
  const [id = ''] = await scheduler.dispatch([callOf('f', { attemptsMax: 1 })])
  t.match(await scheduler.wait(id, 5_000), { state: CallState.DONE, status: 1 })
  t.equal(failures, -1)
})

t.test(
  'a store that turns out to be damaged when a run reads from it stops the scheduler, with the reason',
  async (t) => {
    const store = createMemoryStore()
    const first = createScheduler({ store, endpointOf: () => ENDLESS })
    await first.open()
    await first.dispatch([callOf('f')])
    await first.close()

    const damage = new DispatchError('permanent', 'calls.db is damaged')
    const damaged: Store = { ...store, readPayloads: () => Promise.reject(damage) }
    const ignore = (): void => {}
    let log = (_fields: object): void => {}
    const logged = new Promise<object>((resolve) => {
      log = resolve
    })
    const second = createScheduler({
      store: damaged,
      endpointOf: () => ENDLESS,
      logger: { debug: ignore, info: ignore, warn: ignore, error: (fields) => log(fields) },
    })
    t.teardown(() => second.close())
    await second.open()
    second.start()
    t.match(await logged, { err: damage })
    await t.rejects(second.dispatch([callOf('f')]), { status: 'permanent', message: /its store failed/ })
  },
)

async function startFailing(t: Test) {
  const clock = new ManualClock()
  const disk = new Disk()
  const memory = createMemoryStore()
  const store: Store = { ...memory, commit: (writes) => disk.write(() => memory.commit(writes)) }
  const scheduler = createScheduler({ store, clock, endpointOf: () => ENDLESS })
  t.teardown(() => {
    const closed = scheduler.close()
    clock.pass(0)
    return closed
  })
  await scheduler.open()
  scheduler.start()
  return { scheduler, disk, clock, store }
}

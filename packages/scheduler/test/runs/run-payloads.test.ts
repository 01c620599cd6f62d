import type { Endpoint } from '@dispatch/protocol'
import { type Call, CallSchema, CallState, create, RunResponseSchema } from '@dispatch/protocol/messages'
import { createMemoryStore, createScheduler, type Store } from '@dispatch/scheduler'
import t from 'tap'

t.test('at most eight runs read their payloads concurrently, and all of them run', async (t) => {
  const store = createMemoryStore()
  const held: (() => void)[] = []
  let reading = 0
  let most = 0
  const slow: Store = {
    ...store,
    async readPayloads(ids) {
      reading += 1
      most = Math.max(most, reading)
      await new Promise<void>((resolve) => held.push(resolve))
      reading -= 1
      return await store.readPayloads(ids)
    },
  }
  const run: Endpoint['run'] = async () => {
    return { kind: 'response', response: create(RunResponseSchema, { status: 1 }) }
  }
  const scheduler = createScheduler({ store: slow, endpointOf: () => ({ run }), cacheBytesMax: 1 })
  t.teardown(() => scheduler.close())
  await scheduler.open()
  scheduler.start()
  const calls: Call[] = Array.from({ length: 100 }, (_, n) =>
    create(CallSchema, { endpoint: 'http://app', function: `f${n}` }),
  )
  await scheduler.dispatch(calls)
  while (scheduler.liveCalls > 0) {
    // All reads that are allowed have begun.
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
    held.shift()?.()
  }
  t.equal(most, 8)
})

t.test(
  'at most eight calls that are done are read concurrently, and all requests are answered',
  async (t) => {
    const store = createMemoryStore()
    const held: (() => void)[] = []
    let reading = 0
    let most = 0
    const slow: Store = {
      ...store,
      async readCall(id) {
        reading += 1
        most = Math.max(most, reading)
        await new Promise<void>((resolve) => held.push(resolve))
        reading -= 1
        return await store.readCall(id)
      },
    }
    const scheduler = createScheduler({
      store: slow,
      endpointOf: () => ({ run: () => new Promise(() => {}) }),
    })
    t.teardown(() => scheduler.close())
    await scheduler.open()
    const [id = ''] = await scheduler.dispatch([
      create(CallSchema, { endpoint: 'http://app', function: 'f' }),
    ])
    const canceled = scheduler.cancel(id)
    while (held.length === 0) await new Promise(setImmediate)
    held.shift()?.()
    await canceled
    const asked = Promise.all(Array.from({ length: 50 }, () => scheduler.get(id)))
    let isAnswered = false
    void asked.then(() => {
      isAnswered = true
    })
    while (!isAnswered) {
      for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
      held.shift()?.()
    }
    t.equal((await asked).filter((call) => call?.state === CallState.DONE).length, 50)
    t.equal(most, 8)
  },
)

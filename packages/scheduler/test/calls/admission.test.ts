import type { Endpoint } from '@dispatch/protocol'
import { type Call, CallSchema, CallState, create, RunResponseSchema } from '@dispatch/protocol/messages'
import { createMemoryStore, createScheduler, type SchedulerOptions, type Store } from '@dispatch/scheduler'
import t, { type Test } from 'tap'
import { SYSTEM_CLOCK } from '../../dist/time/clock.js'

const ENDPOINT = 'http://app'

/** Approximate size at which a call without an input is counted. */
const CALL_BYTES = 600

t.test(
  'calls that wait to be recorded are limited by count, and accepted again once some are recorded',
  async (t) => {
    const store = createHeldStore()
    const scheduler = await startScheduler(t, { store, unacknowledgedCallsMax: 3 })
    const first = scheduler.dispatch([callOf(), callOf()])
    const second = scheduler.dispatch([callOf()])
    const error = await errorOf(scheduler.dispatch([callOf()]))
    t.match(error, { status: 'throttled', message: /^3 calls of \d+ bytes wait to be recorded/ })
    t.equal(error.retryAfterMs, 10_000, 'nothing was recorded recently')
    t.equal(scheduler.liveCalls, 3, 'nothing of a refused request is recorded')
    store.release()
    t.strictSame(
      (await Promise.all([first, second])).map((ids) => ids.length),
      [2, 1],
    )
    t.equal((await scheduler.dispatch([callOf()])).length, 1)
  },
)

t.test(
  'calls that wait to be recorded are limited by bytes, and a single one is accepted, however large',
  async (t) => {
    const store = createHeldStore()
    const scheduler = await startScheduler(t, { store, unacknowledgedBytesMax: 10_000 })
    const giant = scheduler.dispatch([callOf(1_000_000)])
    t.match(await errorOf(scheduler.dispatch([callOf()])), {
      status: 'throttled',
      message: /^1 calls of 1000\d\d\d bytes/,
    })
    store.release()
    await giant
    const many = Array.from({ length: 20 }, () => callOf(10_000 / 20 - CALL_BYTES / 2))
    store.hold()
    const settled = Promise.allSettled(many.map((call) => scheduler.dispatch([call])))
    store.release()
    const taken = (await settled).filter(({ status }) => status === 'fulfilled').length
    t.ok(taken > 5 && taken < 15, `as many as fit, got ${taken}`)
  },
)

t.test('a repeated request whose ids are looked up releases its capacity once', async (t) => {
  const store = createHeldStore()
  const scheduler = await startScheduler(t, { store, liveCallsMax: 3 })
  store.release()
  const named = (id: string) => scheduler.dispatch([Object.assign(callOf(), { dispatchId: id })])
  const settled = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map(named))
  t.equal(settled.filter(({ status }) => status === 'fulfilled').length, 3)
  t.equal(scheduler.liveCalls, 3)
})

t.test('a full scheduler states when to retry, from the rate at which calls end', async (t) => {
  let nowMs = 1_000_000
  const clock = { ...SYSTEM_CLOCK, nowMs: () => nowMs, monotonicMs: () => nowMs }
  const held: (() => void)[] = []
  const run: Endpoint['run'] = async () => {
    await new Promise<void>((resolve) => held.push(resolve))
    return { kind: 'response', response: create(RunResponseSchema, { status: 1 }) }
  }
  const scheduler = await startScheduler(t, { liveCallsMax: 10, clock, endpointOf: () => ({ run }) })
  const ids = await scheduler.dispatch(Array.from({ length: 10 }, () => callOf()))
  t.match(await errorOf(scheduler.dispatch([callOf()])), { status: 'throttled', retryAfterMs: 10_000 })
  for (const id of ids.slice(0, 5)) {
    nowMs += 200
    await until(() => held.length > 0)
    held.shift()?.()
    await scheduler.wait(id, 60_000)
  }
  await scheduler.dispatch(Array.from({ length: 5 }, () => callOf()))
  nowMs += 200
  // Five calls ended in 1,200 ms; capacity for two is needed.
  t.match(await errorOf(scheduler.dispatch([callOf(), callOf()])), {
    status: 'throttled',
    retryAfterMs: 480,
  })
  for (const release of held) release()
})

t.test('calls made by accepted calls are accepted although the scheduler is full, and end', async (t) => {
  const run: Endpoint['run'] = async ({ function: name, directive }) => {
    const response = create(RunResponseSchema, { status: 1 })
    if (name === 'parent' && directive.case === 'input') {
      const calls = Array.from({ length: 20 }, (_, n) => ({
        function: 'child',
        correlationId: BigInt(n + 1),
      }))
      const directive = { case: 'poll', value: { calls, minResults: 20, maxResults: 1_000 } } as const
      return { kind: 'response', response: create(RunResponseSchema, { status: 1, directive }) }
    }
    return { kind: 'response', response }
  }
  const scheduler = await startScheduler(t, { liveCallsMax: 2, endpointOf: () => ({ run }) })
  const ids = await scheduler.dispatch([callOf(0, 'parent'), callOf(0, 'parent')])
  const ended = await Promise.all(ids.map((id) => scheduler.wait(id, 60_000)))
  t.strictSame(
    ended.map((call) => [call?.state, call?.status]),
    [
      [CallState.DONE, 1],
      [CallState.DONE, 1],
    ],
  )
  t.equal(scheduler.liveCalls, 0)
})

t.test(
  'calls dispatched by their runs are accepted, too, by ids that begin with theirs, and no others',
  async (t) => {
    const scheduler = await startScheduler(t, { liveCallsMax: 1, liveBytesMax: 10_000 })
    const [parent = ''] = await scheduler.dispatch([callOf(9_000)])
    const named = (dispatchId: string) => [Object.assign(callOf(9_000), { dispatchId })]
    const full = { status: 'throttled', message: /not done/ } as const
    t.strictSame(await scheduler.dispatch(named(`${parent}/d01-g`)), [`${parent}/d01-g`])
    t.strictSame(await scheduler.dispatch(named(`${parent}/d01-g/d02-g`)), [`${parent}/d01-g/d02-g`])
    for (const id of [`${parent}/mine`, 'unknown/d01-g', `${parent}/d01x`])
      await t.rejects(scheduler.dispatch(named(id)), full, id)
    await t.rejects(scheduler.forTenant('other').dispatch(named(`${parent}/d03-g`)), full)
    await t.rejects(scheduler.dispatch([...named(`${parent}/d03-g`), callOf()]), full)
    await scheduler.cancel(parent)
    await t.rejects(scheduler.dispatch(named(`${parent}/d04-g`)), full)
  },
)

t.test(
  'calls that are not done are limited by the bytes of their inputs, also after a restart, and a single one is accepted, however large',
  async (t) => {
    const options = { store: createMemoryStore(), liveBytesMax: 10_000 }
    const before = await startScheduler(t, options)
    const [id = ''] = await before.dispatch([callOf(20_000)])
    const error = await errorOf(before.dispatch([callOf()]))
    t.match(error, {
      status: 'throttled',
      message: /inputs of 200\d\d bytes, of at most 10000/,
      retryAfterMs: 10_000,
    })
    await before.close()

    const after = await startScheduler(t, options)
    t.match(await errorOf(after.dispatch([callOf()])), { status: 'throttled' })
    await after.cancel(id)
    const taken = await after.dispatch([callOf(4_000), callOf(4_000)])
    t.match(await errorOf(after.dispatch([callOf(4_000)])), { status: 'throttled' })
    await after.cancel(taken[0] as string)
    t.equal((await after.dispatch([callOf(4_000)])).length, 1)
  },
)

t.test('a tail call counts with the bytes of its own input', async (t) => {
  const run: Endpoint['run'] = async (request, signal) => {
    if (request.function !== 'first') return HANGING.run(request, signal)
    const { input } = callOf(8_000)
    const directive = { case: 'exit', value: { tailCall: { function: 'second', input } } } as const
    return { kind: 'response', response: create(RunResponseSchema, { status: 1, directive }) }
  }
  const scheduler = await startScheduler(t, { liveBytesMax: 10_000, endpointOf: () => ({ run }) })
  const [id = ''] = await scheduler.dispatch([callOf(100, 'first')])
  while ((await scheduler.get(id))?.function !== 'second') await new Promise(setImmediate)
  t.match(await errorOf(scheduler.dispatch([callOf(4_000)])), { status: 'throttled' })
  await scheduler.cancel(id)
  t.equal((await scheduler.dispatch([callOf(4_000)])).length, 1)
})

t.test(
  'requests that wait for calls are limited by count, and accepted again once some have ended',
  async (t) => {
    const scheduler = await startScheduler(t, { waitersMax: 2 })
    const [id = ''] = await scheduler.dispatch([callOf()])
    const waiting = [new AbortController(), new AbortController()]
    const waits = waiting.map(({ signal }) => scheduler.wait(id, 60_000, signal))
    t.match(await errorOf(scheduler.wait(id, 60_000)), { status: 'throttled', retryAfterMs: 10_000 })
    t.match(
      await scheduler.wait(id, 0),
      { state: CallState.RUNNING },
      'a request that does not wait is answered',
    )
    waiting[0]?.abort()
    t.match(await waits[0], { state: CallState.RUNNING })
    const third = scheduler.wait(id, 60_000)
    await scheduler.cancel(id)
    t.match(await Promise.all([waits[1], third]), [{ state: CallState.DONE }, { state: CallState.DONE }])
  },
)

/** An endpoint whose runs end when they are aborted. */
const HANGING: Endpoint = {
  run: (_, signal) =>
    new Promise((resolve) => {
      const end = () =>
        resolve({ kind: 'failure', source: 'transport', status: 'temporary', message: 'aborted' })
      signal.addEventListener('abort', end)
    }),
}

async function startScheduler(t: Test, options: Partial<SchedulerOptions>) {
  const scheduler = createScheduler({
    store: createMemoryStore(),
    endpointOf: () => HANGING,
    ...options,
  })
  t.teardown(() => scheduler.close())
  await scheduler.open()
  scheduler.start()
  return scheduler
}

function callOf(inputBytes = 0, name = 'f'): Call {
  const input = {
    typeUrl: 'type.googleapis.com/google.protobuf.BytesValue',
    value: new Uint8Array(inputBytes),
  }
  return create(CallSchema, { endpoint: ENDPOINT, function: name, input })
}

/** A store that commits nothing until it is released. */
function createHeldStore(): Store & { hold(): void; release(): void } {
  const store = createMemoryStore()
  let release = (): void => {}
  let held = Promise.resolve()
  const hold = (): void => {
    held = new Promise((resolve) => {
      release = resolve
    })
  }
  hold()
  return {
    ...store,
    commit: async (writes) => {
      await held
      await store.commit(writes)
    },
    hold,
    release: () => release(),
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate)
}

async function errorOf(promise: Promise<unknown>): Promise<{ status?: string; retryAfterMs?: number }> {
  return promise.then(
    () => ({}),
    (error) => error,
  )
}

import { AsyncLocalStorage } from 'node:async_hooks'
import { DispatchError } from '@dispatch/protocol'
import { type Call, CallSchema, create } from '@dispatch/protocol/messages'
import t from 'tap'
import { createDispatchGroup } from '../../dist/client/dispatch-group.js'

const callOf = (id: string, bytes = 0): Call =>
  create(CallSchema, { dispatchId: id, input: { typeUrl: 'x', value: new Uint8Array(bytes) } })

/** A clock that only pauses advance. */
function createClock(onPause: () => void = () => {}) {
  const pausesMs: number[] = []
  let nowMs = 0
  const sleep = async (ms: number): Promise<void> => {
    pausesMs.push(ms)
    // Other work of the event loop is done first.
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
    nowMs += ms
    onPause()
  }
  return { clock: { nowMs: () => nowMs, sleep }, pausesMs }
}

const CLOCK = createClock().clock

/** A scheduler that answers when the test calls `answer`. */
function createSlowScheduler(
  refuses: (calls: readonly Call[]) => DispatchError | undefined = () => undefined,
) {
  const requests: string[][] = []
  const held: (() => void)[] = []
  const send = async (calls: readonly Call[]): Promise<string[]> => {
    requests.push(calls.map(({ dispatchId }) => dispatchId))
    await new Promise<void>((resolve) => held.push(resolve))
    const error = refuses(calls)
    if (error !== undefined) throw error
    return calls.map(({ dispatchId }) => dispatchId)
  }
  const answerAll = async (): Promise<void> => {
    for (let turn = 0; turn < 200; turn += 1) {
      for (const resolve of held.splice(0)) resolve()
      await new Promise(setImmediate)
    }
  }
  return { requests, send, answerAll }
}

t.test(
  'calls of one turn share a request, and those dispatched while two are under way share the next',
  async (t) => {
    const { requests, send, answerAll } = createSlowScheduler()
    const dispatch = createDispatchGroup({ ...CLOCK, send })
    const all: Promise<string[]>[] = []
    for (const turn of [['a'], ['b', 'c'], ['d', 'e'], ['f'], ['g']]) {
      all.push(...turn.map((id) => dispatch([callOf(id)])))
      await new Promise(setImmediate)
    }
    t.strictSame(requests, [['a'], ['b', 'c']])
    await answerAll()
    t.strictSame(requests.slice(2), [['d', 'e', 'f', 'g']])
    t.strictSame((await Promise.all(all)).flat(), ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
  },
)

t.test('a dispatch with a malformed call fails, and no other', async (t) => {
  const refuses = (calls: readonly Call[]) =>
    calls.some(({ dispatchId }) => dispatchId === 'bad')
      ? new DispatchError('invalid_argument', `calls[0]: bad, of ${calls.length}`)
      : undefined
  const { send, answerAll } = createSlowScheduler(refuses)
  const dispatch = createDispatchGroup({ ...CLOCK, send })
  const all = Promise.allSettled(['1', '2', '3', '4', 'x', 'bad', 'y'].map((id) => dispatch([callOf(id)])))
  await answerAll()
  t.strictSame(
    (await all).map((result) => (result.status === 'fulfilled' ? result.value[0] : result.reason.message)),
    ['1', '2', '3', '4', 'x', 'calls[0]: bad, of 1', 'y'],
  )
})

t.test('any other failure rejects all dispatches of the request', async (t) => {
  const { send, answerAll } = createSlowScheduler(() => new DispatchError('tcp', 'gone'))
  const dispatch = createDispatchGroup({ ...CLOCK, send })
  const all = Promise.allSettled(['1', '2', '3', '4', '5', '6'].map((id) => dispatch([callOf(id)])))
  await answerAll()
  t.strictSame(
    (await all).map((result) => result.status),
    Array.from({ length: 6 }, () => 'rejected'),
  )
})

t.test('when a shared request does not fit, smaller ones are sent', async (t) => {
  let room = 5
  const { requests, send, answerAll } = createSlowScheduler((calls) => {
    if (calls.length > room) return new DispatchError('throttled', 'full', { retryAfterMs: 700 })
    room -= calls.length
    return undefined
  })
  const { clock, pausesMs } = createClock(() => {
    t.equal(room, 0, 'all the capacity was used')
    room = 100
  })
  const dispatch = createDispatchGroup({ ...clock, send })
  const all = Array.from({ length: 10 }, (_, n) => dispatch([callOf(`${n}`)]))
  const settled = Promise.allSettled(all)
  await answerAll()
  t.strictSame(
    (await settled).map(({ status }) => status),
    Array.from({ length: 10 }, () => 'fulfilled'),
  )
  t.strictSame(pausesMs, [700], 'then nothing was sent for as long as the scheduler said')
  t.ok(requests.length < 20, `${requests.length} requests`)
})

t.test(
  'a dispatch that would wait for too long at a full scheduler is rejected with retryAfterMs',
  async (t) => {
    const full = new DispatchError('throttled', 'full', { retryAfterMs: 4_000 })
    const { requests, send, answerAll } = createSlowScheduler(() => full)
    const { clock, pausesMs } = createClock()
    const dispatch = createDispatchGroup({ ...clock, send })
    const all = Promise.allSettled(Array.from({ length: 100 }, (_, n) => dispatch([callOf(`${n}`)])))
    await answerAll()
    for (const result of await all) t.match(result, { status: 'rejected', reason: full })
    t.strictSame(pausesMs, [4_000, 4_000, 4_000], 'no longer than 15 seconds')
    t.ok(requests.length < 50, `${requests.length} requests for a hundred calls`)
  },
)

t.test('a request is bounded by calls and bytes', async (t) => {
  const { requests, send, answerAll } = createSlowScheduler()
  const dispatch = createDispatchGroup({ ...CLOCK, send })
  const big = Array.from({ length: 10 }, (_, n) => dispatch([callOf(`${n}`, 1_500_000)]))
  const many = dispatch(Array.from({ length: 600 }, (_, n) => callOf(`many${n}`)))
  await answerAll()
  await Promise.all([...big, many])
  t.strictSame(
    requests.map((ids) => ids.length),
    [2, 2, 2, 2, 2, 600],
  )
})

t.test('a shared request is sent in the context of none of its dispatches', async (t) => {
  const storage = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  const dispatch = createDispatchGroup({
    async send(calls) {
      seen.push(storage.getStore())
      await new Promise(setImmediate)
      return calls.map(({ dispatchId }) => dispatchId)
    },
    ...CLOCK,
  })
  const ids = Array.from({ length: 2_000 }, (_, n) => `call ${n}`)
  await Promise.all(ids.map((id) => storage.run(id, () => dispatch([callOf(id)]))))
  t.ok(seen.length > 2, `${seen.length} requests`)
  t.strictSame([...new Set(seen)], [undefined])
})

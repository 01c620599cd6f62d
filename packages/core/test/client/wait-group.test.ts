import { AsyncLocalStorage } from 'node:async_hooks'
import { type CallInfo, CallInfoSchema, create } from '@dispatch/protocol/messages'
import t from 'tap'
import { createWaitGroup, type WaitGroupOptions } from '../../dist/client/wait-group.js'

type Together = Parameters<WaitGroupOptions['waitTogether']>[2]

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
const callOf = (dispatchId: string): CallInfo => create(CallInfoSchema, { dispatchId })

/** A scheduler whose answers the test sends. */
function createScheduler() {
  const alone: string[] = []
  const requests: ({ ids: readonly string[]; timeoutMs: number; end: (error?: Error) => void } & Together)[] =
    []
  const wait = createWaitGroup({
    async waitAlone(id, timeoutMs) {
      alone.push(`${id} ${timeoutMs}`)
      return callOf(id)
    },
    waitTogether: (ids, timeoutMs, options) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => (error === undefined ? resolve() : reject(error))
        requests.push({ ids, timeoutMs, end, ...options })
      }),
  })
  return { wait, alone, requests }
}

t.test('waits that begin in one turn with the same timeout share a request', async (t) => {
  const { wait, alone, requests } = createScheduler()
  const all = Promise.all([wait('a', 30), wait('b', 30), wait('c', 5), wait('d', 30)])
  await turn()
  t.match(requests, [{ ids: ['a', 'b', 'd'], timeoutMs: 30 }])
  t.strictSame(alone, ['c 5'])
  for (const [index, id] of ['a', 'b', 'd'].entries()) requests[0]?.onCall(index, callOf(id))
  t.strictSame(
    (await all).map((call) => call?.dispatchId),
    ['a', 'b', 'c', 'd'],
  )
})

t.test('each wait is answered when the result of its call arrives', async (t) => {
  const { wait, requests } = createScheduler()
  const [, second] = [wait('a', 30), wait('b', 30)]
  await turn()
  requests[0]?.onCall(1, callOf('b'))
  t.equal((await second)?.dispatchId, 'b')
  t.equal(requests[0]?.signal.aborted, false)
})

for (const error of [undefined, new Error('not served')]) {
  t.test(
    `a wait without a result is repeated alone when the request ${error ? 'fails' : 'ends'}`,
    async (t) => {
      const { wait, alone, requests } = createScheduler()
      const all = Promise.all([wait('a', 30), wait('b', 30)])
      await turn()
      requests[0]?.onCall(0, callOf('a'))
      requests[0]?.end(error)
      await all
      t.strictSame(alone, ['b 30'])
    },
  )
}

t.test('an aborted wait rejects with the reason; the request ends with the last of them', async (t) => {
  const { wait, requests } = createScheduler()
  const [first, second] = [new AbortController(), new AbortController()]
  const [a, b] = [wait('a', 30, first.signal), wait('b', 30, second.signal)]
  await turn()
  first.abort(new Error('enough'))
  await t.rejects(a, { message: 'enough' })
  t.equal(requests[0]?.signal.aborted, false)
  second.abort(new Error('enough too'))
  await t.rejects(b, { message: 'enough too' })
  t.equal(requests[0]?.signal.aborted, true)
})

t.test('a wait that is aborted before the turn is over is not requested', async (t) => {
  const { wait, alone, requests } = createScheduler()
  const gone = AbortSignal.abort(new Error('never mind'))
  await t.rejects(Promise.all([wait('a', 30, gone), wait('b', 30)]), { message: 'never mind' })
  await turn()
  t.strictSame([alone, requests], [['b 30'], []])
})

t.test('more than 500 waits take several requests', async (t) => {
  const { wait, requests } = createScheduler()
  const waits = Array.from({ length: 501 }, (_, index) => wait(String(index), 30))
  const last = wait('last', 30)
  await turn()
  t.strictSame(
    requests.map(({ ids }) => ids.length),
    [500, 2],
  )
  for (const { ids, onCall } of requests) ids.forEach((id, index) => void onCall(index, callOf(id)))
  await Promise.all([...waits, last])
})

t.test('a shared request is sent in the context of none of its waits', async (t) => {
  const storage = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  const wait = createWaitGroup({
    async waitAlone(id) {
      seen.push(storage.getStore())
      return callOf(id)
    },
    async waitTogether() {
      seen.push(storage.getStore())
    },
  })
  await Promise.all(['a', 'b'].map((id) => storage.run(id, () => wait(id, 30))))
  t.strictSame(seen, [undefined, undefined, undefined])
})

import { createRequire, syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { createScheduler, createSqliteStore, type Store, type Write } from '@dispatch/scheduler'
import t, { type Test } from 'tap'
import { callOf, ENDLESS } from '../../helpers/api-calls.js'
import { call, done, insert, load } from '../../helpers/store-records.js'

/** Every thread that is started here has little memory. */
const threads = createRequire(import.meta.url)('node:worker_threads') as { Worker: typeof Worker }
threads.Worker = class extends Worker {
  constructor(program: string | URL, options: WorkerOptions) {
    super(program, { ...options, resourceLimits: { maxOldGenerationSizeMb: 32 } })
  }
}
syncBuiltinESMExports()

t.test('7 requests to a thread that has ended fail with temporary and have no effect', async (t) => {
  const { store, thread } = await opened(t)
  await store.commit([insert(call('before'))])
  endItself(thread())
  const pending = [
    store.commit([insert(call('a'))]),
    load(store).then(() => {}),
    store.prune(0, 1).then(() => {}),
  ]
  for (const promise of pending)
    await t.rejects(promise, { status: 'temporary', message: /has lost its thread/ })
  t.strictSame([...(await store.existing(['before', 'a'])).keys()], ['before'])
})

t.test('1 the next request starts a new thread, and commits continue', async (t) => {
  const { store, path, thread, logged } = await opened(t)
  for (const id of ['a', 'b', 'c']) {
    await store.commit([insert(call(id))])
    await ended(thread())
  }
  t.same([...(await store.existing(['a', 'b', 'c'])).keys()], ['a', 'b', 'c'])
  t.match(logged, Array(3).fill({ path }), 'each is logged')
})

t.test('2 requests made while a new thread starts are executed in order', async (t) => {
  const { store, thread } = await opened(t)
  await ended(thread())
  const commits = [1, 2, 3].map((name) => store.commit([insert(call(`call-${name}`))]))
  const read = load(store)
  await Promise.all(commits)
  t.strictSame(
    (await read).calls.map(({ id }) => id),
    ['call-1', 'call-2', 'call-3'],
  )
})

t.test('requests made before a store is closed are executed, also while a new thread starts', async (t) => {
  const { store, thread } = await opened(t)
  await ended(thread())
  const committed = store.commit([insert(call('a'))])
  const closed = store.close()
  await t.resolves(committed)
  await t.resolves(closed)
  await store.open()
  t.same([...(await store.existing(['a'])).keys()], ['a'])
})

t.test('5 a store that was open elsewhere meanwhile refuses permanently to continue', async (t) => {
  const { store, path, thread } = await opened(t)
  await ended(thread())
  const other = createSqliteStore({ path })
  await other.open()
  await t.rejects(load(store), { status: 'permanent', message: /is open in this process already/ })
  await other.close()
  await t.rejects(load(store), { status: 'permanent', message: /is open in this process already/ })
})

t.test('5 nor when it has been left since', async (t) => {
  const { store, path, thread } = await opened(t)
  await ended(thread())
  const other = createSqliteStore({ path })
  await other.open()
  await other.close()
  const want = {
    status: 'permanent',
    message: /was opened by another process .* restart the scheduler/,
  } as const
  await t.rejects(store.commit([insert(call('a'))]), want)
  await t.rejects(load(store), want)
})

t.test('a store whose thread has ended can be closed, and opened again', async (t) => {
  const { store, thread } = await opened(t)
  await store.commit([insert(call('a'))])
  await ended(thread())
  await store.close()
  await t.rejects(load(store), { status: 'permanent', message: /is closed/ })
  await store.open()
  t.same([...(await store.existing(['a'])).keys()], ['a'])
})

t.test('a scheduler continues when the thread of its store has ended', async (t) => {
  const { store, thread } = await opened(t, { isOpen: false })
  const scheduler = createScheduler({ store, endpointOf: () => ENDLESS })
  t.teardown(() => scheduler.close())
  await scheduler.open()
  scheduler.start()
  const [first = ''] = await scheduler.dispatch([callOf('f')])
  endItself(thread())
  const [second = ''] = await scheduler.dispatch([callOf('f')])
  t.same([...(await store.existing([first, second])).keys()], [first, second])
})

t.test('a thread that runs out of memory fails only its pending requests', async (t) => {
  const { store } = await opened(t)
  await store.commit([insert(call('before'))])
  // Some 80 MB for the thread, which has 32, in one part, after two that it has written by then.
  const large = Array.from({ length: 120 }, (_, n) =>
    insert(call(`large-${n}`, { function: 'f'.repeat(700_000) })),
  )
  const tooMuch = [...calls(256), ...large]
  await t.rejects(store.commit(tooMuch), { status: 'temporary', message: /has lost its thread: .*memory/ })
  await store.commit([insert(call('after'))])
  t.strictSame(
    [...(await store.existing(['before', 'call-0', 'large-0', 'after'])).keys()],
    ['before', 'after'],
  )
})

t.test('1 nothing is left of a commit whose thread ends between two parts', async (t) => {
  const { store, thread } = await opened(t)
  const many = store.commit(calls(30_000))
  // Asked in the turn in which the thread is found ended, while parts were still to be sent; and that turn is so long
  // that another thread is ready when it ends.
  const next = many.catch(() => {
    const committed = store.commit([insert(call('next'))])
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
    return committed
  })
  await setImmediate()
  endItself(thread())
  await t.rejects(many, { status: 'temporary', message: /has lost its thread/ })
  await next
  t.strictSame(
    (await load(store)).calls.map(({ id }) => id),
    ['next'],
  )
})

const UNSENDABLE = [
  { name: 'made', wrong: insert(call('wrong', { polls: 1n as unknown as number })), says: /BigInt/ },
  { name: 'sent', wrong: insert(call((() => '') as unknown as string)), says: /could not be cloned/ },
]
for (const { name, wrong, says } of UNSENDABLE) {
  t.test(`1 nothing is left of a commit of which a later part cannot be ${name}`, async (t) => {
    const { store } = await opened(t)
    const many = store.commit([...calls(300), wrong, ...calls(300, 'more')])
    const next = store.commit([insert(call('call-0'))])
    await t.rejects(many, { message: says })
    await next
    t.strictSame(
      (await load(store)).calls.map(({ id }) => id),
      ['call-0'],
    )
  })
}

t.test(
  '1 a commit fails at its first part that fails, and its later parts are not carried out',
  async (t) => {
    const { store } = await opened(t)
    await store.commit([insert(call('call-5'))])
    const many = store.commit(calls(2_000))
    const next = store.commit([insert(call('next'))])
    await t.rejects(many, { status: 'permanent', message: /call-5 .*already/ })
    await next
    t.strictSame(
      (await load(store)).calls.map(({ id }) => id),
      ['call-5', 'next'],
    )
  },
)

t.test('8 a running prune waits for a commit in parts, and a failed commit does not block it', async (t) => {
  const { store } = await opened(t)
  const old = Array.from({ length: 3_000 }, (_, n) => insert(done(`old-${n}`, 1)))
  await store.commit(old)
  const pruned = store.prune(10, 3_000)
  for (let round = 0; round < 5; round += 1) await store.commit(calls(300, `round-${round}`))
  t.equal(await pruned, 3_000)
  t.equal((await load(store)).calls.length, 1_500)
})

function calls(count: number, prefix = 'call'): Write[] {
  return Array.from({ length: count }, (_, n) => insert(call(`${prefix}-${n}`)))
}

/** A store, and whatever thread it has at the time. */
async function opened(t: Test, { isOpen = true } = {}) {
  const path = join(t.testdir(), 'dispatch.db')
  let latest: Worker | undefined
  const onWorker = (worker: Worker): void => {
    latest ??= worker
    if (worker.threadId > latest.threadId) latest = worker
  }
  process.on('worker', onWorker)
  const logged: object[] = []
  const ignore = (): void => {}
  const error = (fields: object): void => void logged.push(fields)
  const store: Store = createSqliteStore({
    path,
    logger: { debug: ignore, info: ignore, warn: ignore, error },
  })
  t.teardown(async () => {
    process.off('worker', onWorker)
    await store.close()
  })
  if (isOpen) await store.open()
  return { store, path, logged, thread: () => latest as Worker }
}

/** Sends what no store sends: the thread has no answer to it but to end. */
function endItself(thread: Worker): void {
  thread.postMessage(null)
}

function ended(thread: Worker): Promise<void> {
  // The error that ends it may come in the same turn.
  const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
  thread.ref()
  endItself(thread)
  return exited
}

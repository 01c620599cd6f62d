import { join } from 'node:path'
import { DispatchError, type Logger } from '@dispatch/protocol'
import { createScheduler, createSqliteStore, type Store } from '@dispatch/scheduler'
import t, { type Test } from 'tap'
import { createMemoryStore } from '../../dist/store/memory-store.js'
import { answer, callOf, Script, startScheduler } from '../helpers/scheduler-harness.js'

const ENDPOINT = { endpointOf: () => new Script({}) }

t.test('after an open() that fails half way, another scheduler can open the file', async (t) => {
  const path = join(t.testdir(), 'dispatch.db')
  const sqlite = createSqliteStore({ path })
  const lost = new DispatchError('temporary', 'has lost its thread')
  const store: Store = { ...sqlite, load: () => Promise.reject(lost) }
  await t.rejects(createScheduler({ store, ...ENDPOINT }).open(), lost)
  const next = createScheduler({ store: createSqliteStore({ path }), ...ENDPOINT })
  t.teardown(() => next.close())
  await t.resolves(next.open())
})

t.test('close() waits for an open() that is under way', async (t) => {
  const { scheduler } = withSqlite(t)
  const opened = scheduler.open()
  await t.resolves(scheduler.close())
  await t.resolves(opened)
  await t.rejects(scheduler.dispatch([callOf('f')]), { message: /has been closed/ })
})

t.test('close() waits for a stop() that is under way, and for the runs that may still end', async (t) => {
  const { logger, errors } = createLogger()
  const store = createMemoryStore()
  let end = (): void => {}
  const held = new Promise<void>((resolve) => {
    end = resolve
  })
  const script = new Script({ f: () => held.then(() => answer('ok')) })
  const scheduler = await startScheduler(t, script, { store, logger })
  const [id = ''] = await scheduler.dispatch([callOf('f')])
  while (script.requests.length === 0) await new Promise(setImmediate)
  const over = [scheduler.stop(5_000), scheduler.close(), scheduler.stop(0)]
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
  end()
  await Promise.all(over)
  t.strictSame(errors, [])
  await store.open()
  t.equal((await store.readCall(id))?.call.state, 'done')
})

t.test(
  'a dispatch whose id is looked up while the scheduler is closed is rejected with the reason',
  async (t) => {
    const { scheduler, errors } = withSqlite(t)
    await scheduler.open()
    scheduler.start()
    const dispatched = scheduler.dispatch([callOf('f', 1, { dispatchId: 'mine' })])
    const closed = scheduler.close()
    await t.rejects(dispatched, { status: 'temporary', message: /has been closed/ })
    await closed
    t.strictSame(errors, [])
  },
)

function withSqlite(t: Test) {
  const { logger, errors } = createLogger()
  const store = createSqliteStore({ path: join(t.testdir(), 'dispatch.db') })
  const scheduler = createScheduler({ store, logger, ...ENDPOINT })
  t.teardown(() => scheduler.close())
  return { scheduler, errors }
}

/** A logger that keeps its errors. */
function createLogger() {
  const errors: unknown[] = []
  const ignore = (): void => {}
  const error = (...line: unknown[]): void => void errors.push(line)
  const logger: Logger = { debug: ignore, info: ignore, warn: ignore, error }
  return { logger, errors }
}

// A call that is cancelled or expires reaches its suspended handler, and a handler that has ended leaves nothing open.

import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type AnyDispatchFunction,
  type CallContext,
  CanceledError,
  Dispatch,
  func,
  TimeoutError,
} from '@dispatch/core'
import PQueue from 'p-queue'
import t, { type Test } from 'tap'
import { EMBEDDED } from '../helpers/adapters/fixtures.js'

async function started(t: Test, functions: AnyDispatchFunction[]): Promise<Dispatch> {
  const dispatch = new Dispatch({ ...EMBEDDED, functions, store: ':memory:' })
  t.teardown(() => dispatch.close())
  await dispatch.start()
  return dispatch
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn()
}

t.test(
  'cancel reaches a suspended handler: it releases what it holds, and its children are cancelled',
  async (t) => {
    const seen: unknown[] = []
    let isHeld = false
    const child = func('child', async (_: null, call) => call.sleep('1h'))
    const parent = func('parent', async (_: null, call) => {
      isHeld = true
      try {
        await child.await(null)
      } catch (error) {
        seen.push(call.signal.reason, error)
        seen.push(await child.await(null).catch((later: unknown) => later))
      } finally {
        isHeld = false
      }
    })
    await started(t, [child, parent])
    const handle = await parent.dispatch(null)
    while ((await handle.status()).state !== 'suspended') await nextTurn()
    await handle.cancel()
    await until(() => !isHeld)
    t.ok(seen[0] instanceof CanceledError)
    t.equal(seen[1], seen[0])
    t.equal(seen[2], seen[0])
    await t.rejects(handle.result(), { name: 'CanceledError' })
    t.ok((await handle.result().catch((error) => error)) instanceof CanceledError)
  },
)

t.test('expiry reaches a suspended handler', async (t) => {
  let reason: unknown
  const sleeper = func('sleeper', { expiration: '50ms' }, async (_: null, call: CallContext) => {
    await call.sleep('1h').catch((error: unknown) => {
      reason = error
    })
  })
  await started(t, [sleeper])
  await t.rejects((await sleeper.dispatch(null)).result(), { name: 'TimeoutError' })
  await until(() => reason !== undefined)
  t.ok(reason instanceof TimeoutError)
})

t.test('1,000 cancelled handlers leave the memory at once', async (t) => {
  const collected = new FinalizationRegistry<number>(() => {
    left -= 1
  })
  let left = 0
  const holder = func('holder', async (n: number, call: CallContext) => {
    const held = { bytes: new Uint8Array(100_000) }
    collected.register(held, n)
    left += 1
    await call.sleep('1h')
    return held.bytes.length
  })
  await started(t, [holder])
  const handles = await Promise.all(Array.from({ length: 1_000 }, (_, n) => holder.dispatch(n)))
  await until(() => left === 1_000)
  await Promise.all(handles.map((handle) => handle.cancel()))
  // Collected without pressure only if nothing refers to them: each pass fills the young generation.
  for (let pass = 0; left > 10 && pass < 500; pass++) {
    Array.from({ length: 50 }, () => new Uint8Array(1_000_000))
    await nextTurn()
  }
  t.ok(left <= 10, `${left} of 1,000 are still in memory`)
})

t.test('a queue that handlers share is free again when they have returned', async (t) => {
  const queue = new PQueue({ concurrency: 1 })
  const slow = func('slow', async (_: null, call: CallContext) => call.sleep('1h'))
  const quick = func('quick', async () => 'quick')
  const main = func('main', async (_: null, call: CallContext) =>
    Promise.race([queue.add(() => call.await(slow, null)), quick.await()]),
  )
  await started(t, [slow, quick, main])
  for (let n = 0; n < 3; n++) t.equal(await (await main.dispatch(null)).result({ timeout: '10s' }), 'quick')
  await queue.onIdle()
  t.equal(queue.pending, 0)
})

import { Dispatch, func } from '@dispatch/core'
import type { Scheduler } from '@dispatch/protocol'
import t from 'tap'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const store = func('store', async (text: string) => text.length)

/** A scheduler that acknowledges when the test calls `release`. */
function createHeldScheduler() {
  const double = createSchedulerDouble()
  const held: (() => void)[] = []
  const scheduler: Scheduler = {
    ...double,
    async dispatch(calls) {
      await new Promise<void>((resolve) => held.push(resolve))
      return double.dispatch(calls)
    },
  }
  const release = () => {
    for (const resolve of held.splice(0)) resolve()
  }
  return { scheduler, release, requests: double.requests }
}

t.test('unacknowledged calls are bounded by count', async (t) => {
  const { scheduler, release, requests } = createHeldScheduler()
  const dispatch = new Dispatch({ functions: [store], scheduler, unacknowledgedCallsMax: 3, env: {} })
  const all = Array.from({ length: 10 }, () => dispatch.dispatch(store, 'x'))
  const settled = Promise.allSettled(all)
  await new Promise(setImmediate)
  release()
  const results = await settled
  t.strictSame(
    results.map(({ status }) => status),
    [...Array(3).fill('fulfilled'), ...Array(7).fill('rejected')],
  )
  t.match(results[9], {
    reason: { status: 'throttled', retryAfterMs: 10_000, message: /^3 calls of \d+ bytes/ },
  })
  t.equal(requests.length, 3)
  const next = dispatch.dispatch(store, 'x')
  await new Promise(setImmediate)
  release()
  t.ok((await next).id, 'accepted again')
})

t.test('unacknowledged calls are bounded by bytes, and a single dispatch is always admitted', async (t) => {
  const { scheduler, release } = createHeldScheduler()
  const dispatch = new Dispatch({ functions: [store], scheduler, unacknowledgedBytesMax: 50_000, env: {} })
  const giant = dispatch.dispatch(store, 'x'.repeat(100_000))
  await t.rejects(dispatch.dispatch(store, 'x'), { message: /^1 calls of/, status: 'throttled' })
  release()
  await giant
  const many = Promise.allSettled(
    Array.from({ length: 9 }, () => dispatch.dispatch(store, 'x'.repeat(9_000))),
  )
  await new Promise(setImmediate)
  release()
  t.equal((await many).filter(({ status }) => status === 'fulfilled').length, 5)
})

t.test('an invalid bound is refused with the name of its option', async (t) => {
  t.throws(() => new Dispatch({ unacknowledgedCallsMax: 0, env: {} }), /option unacknowledgedCallsMax/)
  t.throws(() => new Dispatch({ unacknowledgedBytesMax: -1, env: {} }), /option unacknowledgedBytesMax/)
})

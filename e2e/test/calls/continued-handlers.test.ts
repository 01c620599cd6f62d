import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type AnyDispatchFunction, type CallContext, Dispatch, func } from '@dispatch/core'
import t, { type Test } from 'tap'

const LONG_MS = 20_000

/** Ends immediately for 0. */
const work = func('work', async (ms: number, call: CallContext) => {
  await pause(ms, undefined, { signal: call.signal })
  return ms
})

const HANDLERS: Readonly<Record<string, (call: CallContext) => Promise<unknown>>> = {
  'a time limit': async (call) => {
    const first = await Promise.race([work.await(0), call.sleep(LONG_MS)])
    await request()
    return first
  },
  'a race that is won': async () => {
    const first = await Promise.race([work.await(0), work.await(LONG_MS)])
    await request()
    return first
  },
  'a call that is made late': async () => {
    // Without a reaction it would be a forgotten await.
    work.await(LONG_MS).catch(() => undefined)
    await request()
    const fast = await work.await(0)
    await request()
    return fast
  },
}

for (const [name, handler] of Object.entries(HANDLERS)) {
  t.test(
    `C12 a handler that continues after plain I/O is not blocked by its open steps: ${name}`,
    async (t) => {
      const main = func('main', (_: null, call: CallContext) => handler(call))
      const dispatch = await started(t, [work, main])
      const handle = await dispatch.dispatch(main, null)
      t.equal(await handle.result({ timeout: LONG_MS / 2 }), 0)
    },
  )
}

/** Plain I/O such as a request or a query. Takes longer than the wait for the next step of a handler. */
async function request(): Promise<void> {
  await pause(50)
}

async function started(t: Test, functions: AnyDispatchFunction[]): Promise<Dispatch> {
  const dispatch = new Dispatch({
    functions,
    store: join(t.testdir(), 'calls.db'),
    env: {},
    shutdownGraceMs: 0,
  })
  t.teardown(() => dispatch.close())
  await dispatch.start()
  return dispatch
}

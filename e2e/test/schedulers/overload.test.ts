// Ten times more than a process takes: everybody is answered, what is acknowledged ends, and then all is as before.
import type { AddressInfo } from 'node:net'
import { Dispatch, DispatchError, type DispatchFunction, func } from '@dispatch/core'
import {
  createEmbeddedScheduler,
  RETRY_POLICY,
  type ServedScheduler,
  serveScheduler,
} from '@dispatch/scheduler'
import Fastify from 'fastify'
import t, { type Test } from 'tap'

/** Maximum number of calls of the scheduler, and number of concurrent dispatches. */
const LIVE_CALLS_MAX = 200
const OFFERED = 10 * LIVE_CALLS_MAX

/** Concurrent runs. None ends before it is released. */
const CONCURRENCY = 10

interface World {
  readonly dispatch: Dispatch
  readonly liveCalls: () => number
}

t.test('embedded: ten times more than fits', async (t) => {
  await overload(t, async (functions) => {
    let scheduler: ReturnType<typeof createEmbeddedScheduler> | undefined
    const dispatch = new Dispatch({
      functions: [...functions],
      scheduler: (options) => {
        scheduler = createEmbeddedScheduler({ ...options, liveCallsMax: LIVE_CALLS_MAX })
        return scheduler
      },
      store: `${t.testdir()}/calls.db`,
      env: {},
    })
    t.teardown(() => dispatch.close())
    await dispatch.start()
    return { dispatch, liveCalls: () => (scheduler as unknown as ServedScheduler['scheduler']).liveCalls }
  })
})

t.test('over HTTP: ten times more than fits', async (t) => {
  await overload(t, async (functions) => {
    const served = await serveScheduler({
      store: `${t.testdir()}/calls.db`,
      port: 0,
      liveCallsMax: LIVE_CALLS_MAX,
      retryPolicy: { ...RETRY_POLICY, delayMsMin: 1, delayMsMax: 20 },
    })
    t.teardown(() => served.close(0))
    const port = await freePort()
    const dispatch = new Dispatch({
      functions: [...functions],
      apiUrl: served.url,
      apiKey: 'overload-application',
      endpointUrl: `http://127.0.0.1:${port}`,
      allowUnsigned: true,
      unacknowledgedCallsMax: 2 * LIVE_CALLS_MAX,
      env: {},
    })
    const server = await dispatch.listenAndServe({ host: '127.0.0.1', port })
    t.teardown(() => server.close())
    return { dispatch, liveCalls: () => served.scheduler.liveCalls }
  })
})

t.test('over HTTP: a function gathers more than fits into one body', async (t) => {
  const make = func('make', async (n: number) => 'x'.repeat(7_000_000) + n)
  const gatherAll = func('gatherAll', async (width: number) => {
    const outputs = await make.gather(Array.from({ length: width }, (_, n) => n))
    return outputs.map((output) => output.slice(7_000_000))
  })
  const served = await serveScheduler({ store: `${t.testdir()}/calls.db`, port: 0 })
  t.teardown(() => served.close(0))
  const port = await freePort()
  const dispatch = new Dispatch({
    functions: [make, gatherAll],
    apiUrl: served.url,
    apiKey: 'overload-application',
    endpointUrl: `http://127.0.0.1:${port}`,
    allowUnsigned: true,
    env: {},
  })
  const server = await dispatch.listenAndServe({ host: '127.0.0.1', port })
  t.teardown(() => server.close())
  const handle = await dispatch.dispatch(gatherAll, 4)
  t.strictSame(await handle.result({ timeout: '60s' }), ['0', '1', '2', '3'])
})

async function overload(
  t: Test,
  open: (functions: readonly DispatchFunction<number, number>[]) => Promise<World>,
): Promise<void> {
  const executed = new Map<number, number>()
  let release = (): void => {}
  let held = new Promise<void>((resolve) => {
    release = resolve
  })
  const work = func('work', { concurrencyMax: CONCURRENCY }, async (n: number) => {
    await held
    executed.set(n, (executed.get(n) ?? 0) + 1)
    return n
  })
  const { dispatch, liveCalls } = await open([work])

  const route = Fastify()
  route.get('/orders', async () => 'mine')
  t.teardown(() => route.close())

  // While nothing ends, every call beyond the bound is refused, and says for how long.
  const offers = Array.from({ length: OFFERED }, (_, n) => dispatch.dispatch(work, n))
  const answered = Promise.allSettled(offers)
  t.equal((await route.inject('/orders')).body, 'mine', 'the application answers meanwhile')
  await until(() => liveCalls() === LIVE_CALLS_MAX)
  t.equal((await route.inject('/orders')).body, 'mine', 'and when the scheduler is full')
  release()
  held = Promise.resolve()

  const results = await answered
  const handles = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  t.ok(handles.length >= LIVE_CALLS_MAX, `${handles.length} of ${OFFERED} were acknowledged`)
  t.ok(refusals.length > 0, `${refusals.length} were refused`)
  t.ok(
    refusals.every(
      (error) =>
        error instanceof DispatchError && error.status === 'throttled' && (error.retryAfterMs ?? 0) > 0,
    ),
    'each with throttled and a time to come again',
  )
  const outputs = await Promise.all(handles.map((handle) => handle.result({ timeout: '60s' })))
  t.strictSame(
    [...executed.keys()].sort((a, b) => a - b),
    [...outputs].sort((a, b) => a - b),
    'what was acknowledged has run, and nothing else',
  )
  t.equal(new Set(outputs).size, handles.length)
  t.equal(liveCalls(), 0)
  const next = await dispatch.dispatch(work, OFFERED)
  t.equal(await next.result({ timeout: '60s' }), OFFERED, 'then all is as before')
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate)
}

/** An application needs its URL before it listens. */
async function freePort(): Promise<number> {
  const app = Fastify()
  await app.listen({ host: '127.0.0.1', port: 0 })
  const [address] = app.addresses()
  await app.close()
  return (address as AddressInfo).port
}

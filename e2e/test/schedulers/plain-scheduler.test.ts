// The application with a scheduler that does not support our extensions, over HTTP.
import { type AnyDispatchFunction, type CallContext, Dispatch, DispatchError, func } from '@dispatch/core'
import { RETRY_POLICY, serveScheduler } from '@dispatch/scheduler'
import t, { type Test } from 'tap'
import { type PlainProxy, startPlainProxy } from '../helpers/http/plain-proxy.js'

/** How often handlers began, which is how often they were rebuilt. */
const begun = new Map<string, number>()

function begin(name: string): void {
  begun.set(name, (begun.get(name) ?? 0) + 1)
}

/** Where a test holds a call up. */
let hold: { at: number; reached: () => void; released: Promise<void> } | undefined

const step = func('step', async (n: number) => {
  if (hold?.at === n) {
    hold.reached()
    await hold.released
  }
  return n + 1
})

const chain = func('chain', async (length: number) => {
  begin('chain')
  let n = 0
  while (n < length) n = await step.await(n)
  return n
})

const fan = func('fan', async (width: number) => {
  begin('fan')
  const outputs = await step.gather(Array.from({ length: width }, (_, n) => n))
  return outputs.reduce((sum, n) => sum + n, 0)
})

const failing = func('failing', async (n: number) => {
  throw new DispatchError('permanent', `no ${n}`)
})

const never = func('never', async (_: null, call: CallContext) => {
  await call.sleep('1h')
  return 'never'
})

const race = func('race', async () => {
  begin('race')
  const first = await Promise.race([never.await(null), step.await(1)])
  const settled = await Promise.allSettled([failing.await(2), step.await(3)])
  return [first, settled.map(({ status }) => status)]
})

const sleeper = func('sleeper', async (ms: number, call: CallContext) => {
  begin('sleeper')
  const startMs = call.now()
  await call.sleep(ms)
  return call.now() - startMs >= ms
})

const functions = [step, chain, fan, failing, never, race, sleeper]

/** The sum of 1 to `n`. */
const sumTo = (n: number): number => (n * (n + 1)) / 2

const WORKLOADS = [
  { name: 'a chain of 300 awaits', run: (app: App) => app.run(chain, 300), want: 300 },
  {
    name: 'a gather of 1,050 calls, more than fit into one plain Poll',
    run: (app: App) => app.run(fan, 1_050),
    want: sumTo(1_050),
  },
  {
    name: 'a race, and calls of which one fails',
    run: (app: App) => app.run(race, undefined),
    want: [2, ['rejected', 'fulfilled']],
  },
  { name: 'a sleep', run: (app: App) => app.run(sleeper, 20), want: true },
]

const KEPT = [
  { name: 'in memory', warmCoroutinesMax: 10_000 },
  { name: 'rebuilt at each resume', warmCoroutinesMax: 0 },
]

for (const { name: kept, warmCoroutinesMax } of KEPT) {
  t.test(`a plain scheduler, coroutines ${kept}`, async (t) => {
    const app = await startApp(t, warmCoroutinesMax)
    for (const { name, run, want } of WORKLOADS) {
      begun.clear()
      t.strictSame(await run(app), want, name)
      const begins = Math.max(...begun.values())
      if (warmCoroutinesMax > 0) t.equal(begins, 1, `${name}: no rebuild`)
      else t.ok(begins > 1, `${name}: ${begins - 1} rebuilds`)
    }
    t.ok(
      app.proxy.stripped.requests > 300,
      `${app.proxy.stripped.requests} of our fields did not reach the endpoint`,
    )
    t.ok(app.proxy.stripped.answers > 0, `${app.proxy.stripped.answers} did not reach the scheduler`)
  })
}

for (const [name, run, want] of [
  ['chain', (app: App) => app.run(chain, 300), 300],
  ['gather', (app: App) => app.run(fan, 300), sumTo(300)],
] as const) {
  t.test(`a plain scheduler, and an application that is restarted in the middle of a ${name}`, async (t) => {
    let release = (): void => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const reached = new Promise<void>((resolve) => {
      hold = { at: 150, reached: resolve, released }
    })
    const app = await startApp(t, 10_000)
    begun.clear()
    const result = run(app)
    await reached
    await app.restart()
    release()
    t.strictSame(await result, want)
    t.equal(Math.max(...begun.values()), 2, 'rebuilt once')
  })
}

interface App {
  readonly proxy: PlainProxy
  run(fn: AnyDispatchFunction, input: unknown): Promise<unknown>
  /** Forgets everything in memory. */
  restart(): Promise<void>
}

async function startApp(t: Test, warmCoroutinesMax: number): Promise<App> {
  const retryPolicy = { ...RETRY_POLICY, delayMsMin: 1, delayMsMax: 20 }
  const served = await serveScheduler({ store: ':memory:', port: 0, retryPolicy })
  t.teardown(() => served.close(0))
  const proxy = await startPlainProxy(t)
  const options = { apiUrl: served.url, apiKey: 'plain-application', endpointUrl: proxy.url, env: {} }
  const client = new Dispatch({ ...options, allowUnsigned: true })
  t.teardown(() => client.close())
  const open = async () => {
    const dispatch = new Dispatch({
      functions,
      ...options,
      allowUnsigned: true,
      shutdownGraceMs: 0,
      warmCoroutinesMax,
    })
    const server = await dispatch.listenAndServe({ host: '127.0.0.1', port: 0 })
    proxy.target = server.url
    return server
  }
  let server = await open()
  t.teardown(() => server.close())
  return {
    proxy,
    async run(fn, input) {
      const call = { ...(fn as typeof chain).buildCall(input as number), endpoint: proxy.url }
      const [handle] = await client.dispatchBatch([call])
      return await handle?.result({ timeout: '60s' })
    },
    async restart() {
      await server.close()
      server = await open()
    },
  }
}

// Stores of AsyncLocalStorage inside handlers: what one enters is its own, and stays.

import { AsyncLocalStorage } from 'node:async_hooks'
import { type AnyDispatchFunction, type CallContext, Dispatch, func } from '@dispatch/core'
import t, { type Test } from 'tap'
import { EMBEDDED, until } from '../helpers/adapters/fixtures.js'

const CALLS = 50

const storage = new AsyncLocalStorage<string>()

async function started(
  t: Test,
  functions: AnyDispatchFunction[],
  options: { shutdownGraceMs?: number } = {},
): Promise<Dispatch> {
  const dispatch = new Dispatch({ ...EMBEDDED, functions, store: ':memory:', ...options })
  t.teardown(() => dispatch.close())
  await dispatch.start()
  return dispatch
}

const current = (): string => storage.getStore() ?? 'none'

const child = func('child', async () => current())

/** Enters a store in the ways that there are, and notes the current one before and after each suspension. */
const WAYS: Readonly<Record<string, (name: string, body: () => Promise<string[]>) => Promise<string[]>>> = {
  'with run': (name, body) => storage.run(name, body),
  'with enterWith': (name, body) => {
    storage.enterWith(name)
    return body()
  },
  'with enterWith, later': async (name, body) => {
    await child.await()
    storage.enterWith(name)
    return body()
  },
}

for (const [way, enter] of Object.entries(WAYS)) {
  t.test(
    `a store that a handler enters ${way} stays through suspensions, and no other handler has it`,
    async (t) => {
      const entering = func('entering', async (name: string, call: CallContext) => {
        const before = current()
        return enter(name, async () => {
          const seen = [before, current()]
          seen.push(await child.await(), current())
          await call.sleep(1)
          seen.push(current(), ...(await child.gather([undefined])), current())
          return seen
        })
      })
      await started(t, [child, entering])
      const names = Array.from({ length: CALLS }, (_, n) => `call ${n}`)
      const handles = await Promise.all(names.map((name) => entering.dispatch(name)))
      const outputs = await Promise.all(handles.map((handle) => handle.result({ timeout: '30s' })))
      t.strictSame(
        outputs,
        names.map((name) => ['none', name, 'none', name, name, 'none', name]),
      )
    },
  )
}

t.test('listeners of call.signal do not run in the context of the request that cancels', async (t) => {
  const seen: string[] = []
  const waiting = func('waiting', async (_: null, call: CallContext) => {
    await new Promise<void>((resolve) => {
      call.signal.addEventListener('abort', () => {
        seen.push(current())
        resolve()
      })
      seen.push('waits')
    })
  })
  await started(t, [waiting])
  const handle = await waiting.dispatch(null)
  await until(() => seen.length > 0)
  await storage.run('the request that cancels', () => handle.cancel())
  await until(() => seen.length > 1)
  t.strictSame(seen, ['waits', 'none'])
})

t.test('a scheduler opened by a request keeps no context of that request', async (t) => {
  const dispatch = new Dispatch({ ...EMBEDDED, functions: [child], store: ':memory:' })
  t.teardown(() => dispatch.close())
  const output = await storage.run('the first request', async () => {
    await dispatch.start()
    return (await child.dispatch()).result()
  })
  t.equal(output, 'none')
})

// What a scheduler does for one request serves others as well, and so belongs to none.

import { AsyncLocalStorage } from 'node:async_hooks'
import { createScheduler } from '@dispatch/scheduler'
import t from 'tap'
import { createMemoryStore } from '../../dist/store/memory-store.js'
import { type Clock, SYSTEM_CLOCK } from '../../dist/time/clock.js'
import { answer, callOf, FAST, Script } from '../helpers/scheduler-harness.js'

const storage = new AsyncLocalStorage<string>()

t.test(
  'runs, retries, timers and store requests have no store of the request that caused them',
  async (t) => {
    const seen = new Map<string, unknown[]>()
    const note = (what: string) => seen.set(what, [...(seen.get(what) ?? []), storage.getStore()])
    const endpoint = new Script({
      f: async (request) => {
        note('run')
        await new Promise((resolve) => setImmediate(resolve))
        note('run')
        return answer(request.attempt < 3 ? 'temporary' : 'ok')
      },
    })
    const clock: Clock = {
      ...SYSTEM_CLOCK,
      after(delayMs, action) {
        note('timer set')
        return SYSTEM_CLOCK.after(delayMs, () => {
          note('timer fired')
          action()
        })
      },
    }
    const memory = createMemoryStore()
    const store = new Proxy(memory, {
      get(target, key) {
        const value = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          note('store')
          return value.apply(target, args)
        }
      },
    })
    const inRequest = <T>(name: string, body: () => T): T => storage.run(name, body)
    const scheduler = inRequest('creates', () =>
      createScheduler({ store, endpointOf: () => endpoint, retryPolicy: FAST, clock }),
    )
    await inRequest('opens', () => scheduler.open())
    inRequest('starts', () => scheduler.start())
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        inRequest(`request ${n}`, async () => {
          const [id = ''] = await scheduler.dispatch([callOf('f')])
          await scheduler.wait(id, 10_000)
          await scheduler.get(id)
          await scheduler.cancel(id)
          t.equal(storage.getStore(), `request ${n}`, 'the request itself keeps its store')
        }),
      ),
    )
    await inRequest('closes', () => scheduler.close())
    t.strictSame([...seen.keys()].sort(), ['run', 'store', 'timer fired', 'timer set'])
    for (const [what, stores] of seen) t.strictSame([...new Set(stores)], [undefined], what)
  },
)

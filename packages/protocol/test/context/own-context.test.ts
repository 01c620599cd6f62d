import { AsyncLocalStorage } from 'node:async_hooks'
import { inOwnContext } from '@dispatch/protocol'
import t from 'tap'

const storage = new AsyncLocalStorage<string>()

t.test('a body, and what it starts, has no store of its caller', async (t) => {
  const seen = await storage.run('caller', () =>
    inOwnContext(async () => {
      const before = storage.getStore()
      await new Promise((resolve) => setImmediate(resolve))
      return [before, storage.getStore()]
    }),
  )
  t.strictSame(seen, [undefined, undefined])
})

t.test('the caller keeps its store, also when it awaits what the body returns', async (t) => {
  const seen = await storage.run('caller', async () => {
    const first = inOwnContext(() => 1)
    const between = storage.getStore()
    const second = await inOwnContext(async () => 2)
    return [first, between, second, storage.getStore()]
  })
  t.strictSame(seen, [1, 'caller', 2, 'caller'])
})

t.test('a store that a body enters is not visible to the next one', async (t) => {
  inOwnContext(() => storage.enterWith('first body'))
  t.equal(storage.getStore(), undefined)
  t.equal(
    inOwnContext(() => storage.getStore()),
    undefined,
  )
})

t.test('what a body throws reaches the caller', async (t) => {
  t.throws(() => inOwnContext(() => JSON.parse('{')), SyntaxError)
})

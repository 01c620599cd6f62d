import t from 'tap'
import { PayloadCache } from '../../dist/runs/payload-cache.js'

t.test('kinds of payloads of one call are separate entries', async (t) => {
  const cache = new PayloadCache(1_000_000)
  cache.set('input', 'a', new Uint8Array([1]))
  cache.set('result', 'a', new Uint8Array([2]))
  t.strictSame(cache.get('input', 'a'), new Uint8Array([1]))
  t.strictSame(cache.get('result', 'a'), new Uint8Array([2]))
  t.equal(cache.get('state', 'a'), undefined)
  cache.delete('input', 'a')
  t.equal(cache.get('input', 'a'), undefined)
})

t.test('the cache stays within its limit, and evicts the oldest entries first', async (t) => {
  const cache = new PayloadCache(10_000)
  for (let n = 0; n < 1_000; n += 1) cache.set('input', `${n}`, new Uint8Array(100))
  const held = Array.from({ length: 1_000 }, (_, n) => n).filter(
    (n) => cache.get('input', `${n}`) !== undefined,
  )
  t.ok(held.length > 10 && held.length <= 25, `about 25 entries of 400 bytes, got ${held.length}`)
  t.equal(held[0], 1_000 - held.length, 'the newest are kept')
})

t.test('an entry that is replaced is counted once', async (t) => {
  const cache = new PayloadCache(10_000)
  cache.set('state', 'kept', new Uint8Array(10))
  for (let n = 0; n < 1_000; n += 1) cache.set('state', 'other', new Uint8Array(100))
  t.ok(cache.get('state', 'kept'))
})

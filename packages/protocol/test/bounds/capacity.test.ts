import t from 'tap'
import { Capacity } from '../../dist/bounds/capacity.js'

t.test('capacity is bounded by count and by bytes, and free again after a release', async (t) => {
  const capacity = new Capacity({ countMax: 3, bytesMax: 100 }, () => 0)
  const first = capacity.reserve(2, 60)
  t.ok(first)
  t.equal(capacity.reserve(2, 0), undefined, 'too many')
  t.equal(capacity.reserve(1, 41), undefined, 'too large')
  t.ok(capacity.reserve(1, 40))
  first?.release()
  first?.release()
  t.strictSame([capacity.count, capacity.bytes], [1, 40], 'a second release does nothing')
  t.ok(capacity.reserve(2, 60))
})

t.test('a single reservation is always admitted, however large, and may grow', async (t) => {
  const capacity = new Capacity({ countMax: 3, bytesMax: 100 }, () => 0)
  const giant = capacity.reserve(10, 1_000)
  t.ok(giant?.grow(1_000))
  t.equal(capacity.reserve(1, 1), undefined)
  giant?.release()
  t.strictSame([capacity.count, capacity.bytes], [0, 0])
  t.equal(giant?.grow(1), false, 'a released reservation does not grow')
})

t.test('a reservation grows while bytes are free', async (t) => {
  const capacity = new Capacity({ countMax: 3, bytesMax: 100 }, () => 0)
  const reservation = capacity.reserve(1, 10)
  const other = capacity.reserve(1, 10)
  t.equal(reservation?.grow(80), true)
  t.equal(reservation?.grow(1), false)
  other?.release()
  t.equal(reservation?.grow(1), true)
  reservation?.release()
  t.equal(capacity.bytes, 0)
})

t.test('retryAfterMs is how long as much has recently taken to be released', async (t) => {
  let nowMs = 1_000_000
  const capacity = new Capacity({ countMax: 100, bytesMax: 1_000 }, () => nowMs)
  t.equal(capacity.retryAfterMs(1, 1), 50, 'nothing is reserved')
  const reservations = Array.from({ length: 100 }, () => capacity.reserve(1, 10))
  t.equal(capacity.retryAfterMs(1, 10), 10_000, 'nothing was released')
  for (const reservation of reservations.slice(0, 40)) {
    nowMs += 100
    reservation?.release()
    capacity.reserve(1, 10)
  }
  t.equal(capacity.retryAfterMs(20, 0), 2_000, 'twenty, at ten per second')
  t.equal(capacity.retryAfterMs(0, 300), 3_000, '300 bytes, at 100 per second')
})

import t from 'tap'
import { Room } from '../../dist/bounds/capacity.js'
import { Rate } from '../../dist/bounds/rate.js'

t.test(
  'a room takes as much as fits, by count and by bytes, and as much again when it has left',
  async (t) => {
    const room = new Room({ countMax: 3, bytesMax: 100 }, () => 0)
    const first = room.enter(2, 60)
    t.ok(first)
    t.equal(room.enter(2, 0), undefined, 'too many')
    t.equal(room.enter(1, 41), undefined, 'too large')
    t.ok(room.enter(1, 40))
    first?.leave()
    first?.leave()
    t.strictSame([room.count, room.bytes], [1, 40], 'who leaves twice has left once')
    t.ok(room.enter(2, 60))
  },
)

t.test('whoever comes alone fits, however large, and may grow', async (t) => {
  const room = new Room({ countMax: 3, bytesMax: 100 }, () => 0)
  const giant = room.enter(10, 1_000)
  t.ok(giant?.grow(1_000))
  t.equal(room.enter(1, 1), undefined)
  giant?.leave()
  t.strictSame([room.count, room.bytes], [0, 0])
  t.equal(giant?.grow(1), false, 'who has left does not grow')
})

t.test('a place grows while there is room', async (t) => {
  const room = new Room({ countMax: 3, bytesMax: 100 }, () => 0)
  const place = room.enter(1, 10)
  const other = room.enter(1, 10)
  t.equal(place?.grow(80), true)
  t.equal(place?.grow(1), false)
  other?.leave()
  t.equal(place?.grow(1), true)
  place?.leave()
  t.equal(room.bytes, 0)
})

t.test('the advice of a full room is the time that as much takes to leave', async (t) => {
  let nowMs = 1_000_000
  const room = new Room({ countMax: 100, bytesMax: 1_000 }, () => nowMs)
  t.equal(room.retryAfterMs(1, 1), 50, 'an empty one')
  const places = Array.from({ length: 100 }, () => room.enter(1, 10))
  t.equal(room.retryAfterMs(1, 10), 10_000, 'one that nobody leaves')
  for (const place of places.slice(0, 40)) {
    nowMs += 100
    place?.leave()
    room.enter(1, 10)
  }
  t.equal(room.retryAfterMs(20, 0), 2_000, 'ten leave in a second, twenty are wanted')
  t.equal(room.retryAfterMs(0, 300), 3_000, 'by bytes')
})

t.test('a rate forgets what was long ago, and survives a clock that is set back', async (t) => {
  const rate = new Rate()
  for (let atMs = 0; atMs < 4_000; atMs += 10) rate.add(1, atMs)
  t.equal(rate.adviceMsFor(100, 4_000), 1_000)
  t.equal(rate.adviceMsFor(100, 6_000), 1_563, 'most of that was within the last five seconds')
  t.equal(rate.adviceMsFor(100, 60_000), 10_000, 'none was')
  rate.add(1_000, 60_000)
  t.equal(rate.adviceMsFor(100, 60_000), 50)
  t.equal(rate.adviceMsFor(100, 1_000), 10_000, 'the clock was set back')
})

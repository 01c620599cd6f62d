import { randomBytes } from 'node:crypto'
import { createUuidv7 } from '@dispatch/scheduler'
import t from 'tap'

const PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const NOW_MS = 1_718_000_000_123

const timeOf = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

t.test('an id is a UUID version 7 that contains the time', async (t) => {
  const uuid = createUuidv7({ nowMs: () => NOW_MS, randomBytes })
  const id = uuid()
  t.match(id, PATTERN)
  t.equal(timeOf(id), NOW_MS)
})

t.test('bits are in the places of RFC 9562', async (t) => {
  const zeros = createUuidv7({ nowMs: () => NOW_MS, randomBytes: (size) => new Uint8Array(size) })
  const ones = createUuidv7({ nowMs: () => NOW_MS, randomBytes: (size) => new Uint8Array(size).fill(255) })
  t.equal(zeros(), '019000c7-9c7b-7000-8000-000000000000')
  t.equal(ones(), '019000c7-9c7b-77ff-bfff-ffffffffffff')
})

t.test('ids made within one millisecond sort in the order of their creation', async (t) => {
  const uuid = createUuidv7({ nowMs: () => NOW_MS, randomBytes })
  const ids = Array.from({ length: 20_000 }, () => uuid())
  t.strictSame(ids, [...ids].sort())
  t.equal(new Set(ids).size, ids.length)
  t.ok(
    ids.every((id) => PATTERN.test(id)),
    'also after the counter is used up',
  )
})

t.test('ids sort in the order of their creation when the clock goes backwards', async (t) => {
  const clock = [NOW_MS, NOW_MS - 5_000, NOW_MS - 1, NOW_MS + 1]
  const uuid = createUuidv7({ nowMs: () => clock.shift() ?? 0, randomBytes })
  const ids = [uuid(), uuid(), uuid(), uuid()]
  t.strictSame(ids, [...ids].sort())
  t.equal(timeOf(ids[3] ?? ''), NOW_MS + 1, 'the ids follow the clock again once it has caught up')
})

t.test('no random byte is used twice', async (t) => {
  let fetched = 0
  const uuid = createUuidv7({
    nowMs: () => NOW_MS,
    randomBytes: (size) => {
      fetched += size
      return randomBytes(size)
    },
  })
  const tails = Array.from({ length: 1_000 }, () => uuid().slice(19))
  t.equal(new Set(tails).size, tails.length)
  t.ok(fetched >= 1_000 * 8)
})

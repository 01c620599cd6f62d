import t from 'tap'
import { createRandomBytes } from '../../dist/client/random-bytes.js'
import { createUuidv7Source } from '../../dist/client/uuidv7.js'

const PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

t.test('an id has the form of RFC 9562 and begins with the time', async (t) => {
  const next = createUuidv7Source(() => 0x017f22e279b0)
  const id = next()
  t.match(id, PATTERN)
  t.ok(id.startsWith('017f22e2-79b0-7'))
})

t.test(
  'each id is greater than the last, even within one millisecond and when the clock is set back',
  async (t) => {
    let nowMs = 1_700_000_000_000
    const next = createUuidv7Source(() => nowMs)
    const ids: string[] = []
    for (let count = 0; count < 20_000; count++) {
      if (count % 7_000 === 6_999) nowMs -= 50
      ids.push(next())
    }
    t.strictSame([...ids].sort(), ids)
    t.equal(new Set(ids).size, ids.length)
    t.ok(ids.every((id) => PATTERN.test(id)))
  },
)

t.test('the rest of an id is random', async (t) => {
  const fill = (byte: number) =>
    createUuidv7Source(
      () => 1,
      (count) => new Uint8Array(count).fill(byte),
    )()
  t.equal(fill(0xff), '00000000-0001-77ff-bfff-ffffffffffff')
  t.equal(fill(0x00), '00000000-0001-7000-8000-000000000000')
})

t.test('random bytes come from a pool and are returned once', async (t) => {
  let fills = 0
  const randomBytes = createRandomBytes((bytes) => bytes.fill(++fills))
  const first = randomBytes(4000)
  t.equal(first[3999], 1)
  const second = randomBytes(97)
  t.strictSame([fills, second[0]], [2, 2])
  first.fill(9)
  t.strictSame(randomBytes(2), new Uint8Array([2, 2]))
  t.strictSame([second[0], fills], [2, 2])
})

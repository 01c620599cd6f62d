import { createMessageStream, envelopeOf, MessageStreamReader, messageOf } from '@dispatch/protocol/connect'
import t from 'tap'

const bytesOf = (text: string) => Buffer.from(text)
const END = envelopeOf(bytesOf('{}'), 2)

t.test('a message in an envelope has five bytes before it, by the Connect protocol', async (t) => {
  t.strictSame([...envelopeOf(bytesOf('ab'))], [0, 0, 0, 0, 2, 0x61, 0x62])
  t.strictSame(Buffer.from(messageOf(envelopeOf(bytesOf('ab')))).toString(), 'ab')
})

const NO_MESSAGES = [
  { name: 'nothing', body: new Uint8Array() },
  { name: 'half a head', body: envelopeOf(bytesOf('ab')).subarray(0, 3) },
  { name: 'too few bytes', body: envelopeOf(bytesOf('ab')).subarray(0, 6) },
  { name: 'two messages', body: Buffer.concat([envelopeOf(bytesOf('a')), envelopeOf(bytesOf('b'))]) },
  { name: 'a compressed message', body: envelopeOf(bytesOf('a'), 1) },
]

for (const { name, body } of NO_MESSAGES) {
  t.test(`a body of ${name} is not a message`, async (t) => {
    t.throws(() => messageOf(body), { code: 'invalid_argument', status: 'invalid_argument' })
  })
}

t.test('messages come out whole and in order, however the bytes are cut', async (t) => {
  const messages = ['', 'one', 'x'.repeat(300), 'last']
  const bytes = Buffer.concat([...messages.map((text) => envelopeOf(bytesOf(text))), END])
  const sizes = [1, 2, 3, 5, 7, 64, bytes.byteLength]
  t.plan(sizes.length * 2)
  for (const size of sizes) {
    const reader = new MessageStreamReader(300)
    const got: string[] = []
    for (let start = 0; start < bytes.byteLength; start += size) {
      for (const message of reader.push(bytes.subarray(start, start + size))) {
        got.push(Buffer.from(message).toString())
      }
    }
    t.strictSame(got, messages, `in parts of ${size}`)
    t.equal(reader.isEnded, true)
  }
})

t.test('a stream that is cut off is not ended', async (t) => {
  const reader = new MessageStreamReader(10)
  t.equal(reader.push(envelopeOf(bytesOf('a'))).length, 1)
  t.equal(reader.isEnded, false)
})

const UNREADABLE = [
  { name: 'a message that is too large', bytes: envelopeOf(bytesOf('x'.repeat(11))) },
  {
    name: 'the head alone of a message that is too large',
    bytes: envelopeOf(bytesOf('x'.repeat(11))).subarray(0, 5),
  },
  { name: 'a compressed message', bytes: envelopeOf(bytesOf('x'), 1) },
  { name: 'a message after the end', bytes: Buffer.concat([END, envelopeOf(bytesOf('x'))]) },
  { name: 'an end that is no JSON', bytes: envelopeOf(bytesOf('{'), 2) },
]

for (const { name, bytes } of UNREADABLE) {
  t.test(`${name} is an invalid response`, async (t) => {
    t.throws(() => new MessageStreamReader(10).push(bytes), { code: 'internal', status: 'invalid_response' })
  })
}

t.test('the error at the end of a stream is thrown', async (t) => {
  const end = envelopeOf(bytesOf('{"error":{"code":"unavailable","message":"going down"}}'), 2)
  t.throws(() => new MessageStreamReader(100).push(end), { code: 'unavailable', message: 'going down' })
})

t.test('messages of one turn of the event loop are written together', async (t) => {
  const { response, send, end } = createMessageStream()
  const chunks: Buffer[] = []
  response.body.on('data', (chunk: Buffer) => chunks.push(chunk))
  send(bytesOf('a'))
  send(bytesOf('b'))
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  send(bytesOf('c'))
  end()
  await new Promise((resolve) => response.body.on('end', resolve))
  t.strictSame(
    chunks.map((chunk) => new MessageStreamReader(10).push(chunk).map(String)),
    [['a', 'b'], ['c']],
  )
})

t.test('what is sent after the receiver has hung up is dropped', async (t) => {
  const { response, send, end } = createMessageStream()
  response.body.destroy()
  send(bytesOf('a'))
  end()
  t.equal(response.body.destroyed, true)
})

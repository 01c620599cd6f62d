import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import { type BodyReservation, type RequestWithBody, readNodeBody } from '@dispatch/core/adapter'
import t from 'tap'
import { RunCapacity } from '../../dist/endpoint/run-capacity.js'

/** A request whose stream gives `chunks`, with the properties that a framework may have added. */
function requestOf(chunks: readonly string[], more: object = {}): RequestWithBody {
  return Object.assign(
    Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
    { headers: {} },
    more,
  ) as unknown as RequestWithBody
}

/** Capacity for three bytes. */
function reserve() {
  const limits = { requestsMax: 1, requestBytesMax: 3, bodyBytesMax: 3, bodyMsMax: 10_000 }
  return new RunCapacity(limits).reserve({}) as BodyReservation
}

const bodies = [
  { name: 'an unread stream', request: () => requestOf(['ab', 'c']) },
  { name: 'an empty body of Express 4 before the stream', request: () => requestOf(['abc'], { body: {} }) },
  { name: 'no body of Express 5 before the stream', request: () => requestOf(['abc'], { body: undefined }) },
  { name: 'bytes in body', request: () => requestOf([], { body: Buffer.from('abc'), _body: true }) },
  {
    name: 'bytes in rawBody, preferred to a parsed body',
    request: () => requestOf([], { rawBody: Buffer.from('abc'), body: { a: 1 }, _body: true }),
  },
]
for (const { name, request } of bodies) {
  t.test(`${name} is the body`, async (t) => {
    t.equal(Buffer.from(await readNodeBody(request(), reserve())).toString(), 'abc')
  })
}

t.test('an empty stream is an empty body', async (t) => {
  t.equal((await readNodeBody(requestOf([]), reserve())).byteLength, 0)
})

const tooLarge = [
  { name: 'a stream', request: () => requestOf(['ab', 'cd']) },
  { name: 'bytes in body', request: () => requestOf([], { body: Buffer.from('abcd') }) },
]
for (const { name, request } of tooLarge) {
  t.test(`${name} beyond the limit is refused`, async (t) => {
    await t.rejects(readNodeBody(request(), reserve()), {
      code: 'invalid_argument',
      message: 'content length is too large',
    })
  })
}

async function readStream(): Promise<RequestWithBody> {
  const request = requestOf(['abc'])
  for await (const _chunk of request) {
    // The chunks are dropped.
  }
  return request
}
const consumed = [
  { name: 'a stream that was read', request: readStream },
  { name: 'a body that was parsed', request: async () => requestOf([], { body: { a: 1 }, _body: true }) },
  {
    name: 'a body that was read as a string',
    request: async () => requestOf([], { body: 'abc', _body: true }),
  },
]
for (const { name, request } of consumed) {
  t.test(`${name} is an error that names the fix`, async (t) => {
    await t.rejects(readNodeBody(await request(), reserve()), {
      code: 'internal',
      message: /^DISPATCH_BODY_CONSUMED: .*Mount Dispatch before that parser.*rawBody/,
      cause: { code: 'DISPATCH_BODY_CONSUMED' },
    })
  })
}

const hangups = [
  { name: 'an error', hangUp: (request: EventEmitter) => request.emit('error', new Error('ECONNRESET')) },
  { name: 'a close', hangUp: (request: EventEmitter) => request.emit('close') },
]
for (const { name, hangUp } of hangups) {
  t.test(`${name} before the end of the body is an error`, async (t) => {
    const request = Object.assign(new EventEmitter(), { headers: {}, pause: () => undefined })
    const body = readNodeBody(request as unknown as RequestWithBody, reserve())
    hangUp(request)
    await t.rejects(body, { code: 'canceled', message: /closed the connection/ })
    t.doesNotThrow(() => request.emit('error', new Error('again')))
  })
}

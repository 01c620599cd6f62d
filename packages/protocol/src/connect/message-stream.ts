import { Readable } from 'node:stream'
import { setImmediate } from '../time/system-time.js'
import { type ConnectCode, isConnectCode } from './connect-code.js'
import type { StreamedResponse } from './unary.js'
import { UnaryError } from './unary-error.js'

// The part of the Connect protocol's "Streaming RPCs" that is used here: one message in the request, any number in the
// response. Every message is in an envelope: a byte of flags, four bytes of length, the message. The last envelope has
// the flag END_STREAM and a JSON object with the outcome of the stream.

/** Content type of requests and responses that consist of envelopes. */
export const MESSAGE_STREAM_TYPE = 'application/connect+proto'

const HEAD_BYTES = 5
const COMPRESSED = 0x01
const END_STREAM = 0x02

/** A message in an envelope: the body of a request whose response is a stream. */
export function envelopeOf(message: Uint8Array, flags = 0): Buffer {
  const envelope = Buffer.allocUnsafe(HEAD_BYTES + message.byteLength)
  envelope[0] = flags
  envelope.writeUInt32BE(message.byteLength, 1)
  envelope.set(message, HEAD_BYTES)
  return envelope
}

/** The message of a body made by {@link envelopeOf}. @throws {UnaryError} `invalid_argument` when there is not just one. */
export function messageOf(body: Uint8Array): Uint8Array {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const isWhole = body.byteLength >= HEAD_BYTES && view.getUint32(1) === body.byteLength - HEAD_BYTES
  if (!isWhole || body[0] !== 0) {
    throw new UnaryError('invalid_argument', 'expected a body of one uncompressed message in an envelope')
  }
  return body.subarray(HEAD_BYTES)
}

/** A response of several messages. Messages sent in the same turn of the event loop are written together. */
export interface MessageStream {
  readonly response: StreamedResponse
  send(message: Uint8Array): void
  /** Ends the response: there are no more messages. */
  end(): void
}

/** Creates a {@link MessageStream}. Messages sent after the receiver has disconnected are dropped. */
export function createMessageStream(): MessageStream {
  const body = new Readable({ read: () => undefined })
  let parts: Buffer[] = []
  const flush = () => {
    const [first] = parts
    if (first !== undefined && !body.destroyed) body.push(parts.length === 1 ? first : Buffer.concat(parts))
    parts = []
  }
  return {
    response: { status: 200, headers: { 'content-type': MESSAGE_STREAM_TYPE }, body },
    send(message) {
      if (parts.length === 0) setImmediate(flush)
      parts.push(envelopeOf(message))
    },
    end() {
      parts.push(envelopeOf(Buffer.from('{}'), END_STREAM))
      flush()
      if (!body.destroyed) body.push(null)
    },
  }
}

/** Splits the bytes of a response into messages. */
export class MessageStreamReader {
  readonly #messageBytesMax: number
  #chunks: Uint8Array[] = []
  #byteCount = 0
  #neededBytes = HEAD_BYTES
  #isEnded = false

  /** @param messageBytesMax - Maximum size of one message in bytes; at most that and one chunk are buffered. */
  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax
  }

  /** Whether the sender has ended the stream. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /**
   * The messages that are complete with this chunk.
   *
   * @throws {UnaryError} With status `invalid_response` when they are malformed or too large; otherwise the error in the
   *   last envelope, if there is one.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#chunks.push(chunk)
    this.#byteCount += chunk.byteLength
    if (this.#byteCount < this.#neededBytes) return []
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#byteCount)
    const { messages, rest } = this.#messagesOf(bytes)
    this.#chunks = rest.byteLength === 0 ? [] : [rest]
    this.#byteCount = rest.byteLength
    return messages
  }

  #messagesOf(bytes: Uint8Array): { messages: Uint8Array[]; rest: Uint8Array } {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const messages: Uint8Array[] = []
    let position = 0
    while (bytes.byteLength - position >= HEAD_BYTES) {
      const flags = bytes[position] as number
      const length = view.getUint32(position + 1)
      if (this.#isEnded || (flags & COMPRESSED) !== 0 || length > this.#messageBytesMax) {
        throw unreadable(`an envelope with flags ${flags} and ${length} bytes`)
      }
      const end = position + HEAD_BYTES + length
      if (end > bytes.byteLength) break
      const message = bytes.subarray(position + HEAD_BYTES, end)
      if ((flags & END_STREAM) === 0) messages.push(message)
      else this.#end(message)
      position = end
    }
    const rest = bytes.subarray(position)
    this.#neededBytes = rest.byteLength < HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + view.getUint32(position + 1)
    return { messages, rest }
  }

  #end(message: Uint8Array): void {
    this.#isEnded = true
    const failure = errorOfEndMessage(message)
    if (failure !== undefined) throw failure
  }
}

/** The error in the last envelope, if there is one. */
function errorOfEndMessage(message: Uint8Array): UnaryError | undefined {
  let end: { readonly error?: { readonly code?: unknown; readonly message?: unknown } } | null
  try {
    end = JSON.parse(Buffer.from(message).toString())
  } catch {
    return unreadable('a last envelope that is not JSON')
  }
  if (end?.error === undefined) return undefined
  const { code, message: text } = end.error
  const known: ConnectCode = isConnectCode(code) ? code : 'unknown'
  return new UnaryError(known, typeof text === 'string' ? text : 'the stream failed')
}

function unreadable(reason: string): UnaryError {
  return new UnaryError('internal', `unreadable answer: ${reason}`, {
    status: 'invalid_response',
    httpStatus: 200,
  })
}

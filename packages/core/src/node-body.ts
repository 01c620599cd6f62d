import type { IncomingMessage } from 'node:http'
import { UnaryError } from '@dispatch/protocol'

/** A request as frameworks hand it on: they may have read its body, and left it in one of these places. */
export type RequestWithBody = IncomingMessage & {
  readonly rawBody?: unknown
  readonly body?: unknown
  /** body-parser sets it when it has read the stream. */
  readonly _body?: unknown
}

/**
 * The body of a request as its bytes were sent: of `rawBody` or `body` if they are bytes, else read from the stream.
 *
 * @param bodyBytesMax - No more than this is ever held.
 * @throws {UnaryError} As {@link givenBodyOf}, and `canceled` when the sender hangs up.
 */
export async function readNodeBody(request: RequestWithBody, bodyBytesMax: number): Promise<Uint8Array> {
  return givenBodyOf(request, bodyBytesMax) ?? (await readStream(request, bodyBytesMax))
}

/**
 * The bytes that a parser in front of us has left in `rawBody` or `body`; `undefined` when nobody has read the body.
 *
 * @throws {UnaryError} `invalid_argument` when the body is larger than `bodyBytesMax`; `internal`, with a `cause` of code
 *   `DISPATCH_BODY_CONSUMED`, when a parser has consumed it, or left it other than it was sent.
 */
export function givenBodyOf(request: RequestWithBody, bodyBytesMax: number): Uint8Array | undefined {
  const given = [request.rawBody, request.body].find((body) => body instanceof Uint8Array)
  if (given === undefined) {
    // Never by `request.body`: an unread body is `{}` there with Express 4.
    if (request._body || request.readableDidRead || request.readableEnded || request.destroyed)
      throw consumed()
    return undefined
  }
  const bytes = given as Uint8Array
  if (bytes.byteLength > bodyBytesMax) throw tooLarge()
  if (isInflated(bytes, request.headers['content-encoding'])) throw consumed()
  return bytes
}

/** Parsers inflate what they read, unless they are told not to. RFC 1952 section 2.3.1 has the first two bytes. */
function isInflated(bytes: Uint8Array, encoding: string | undefined): boolean {
  return encoding?.trim().toLowerCase() === 'gzip' && !(bytes[0] === 0x1f && bytes[1] === 0x8b)
}

function readStream(request: IncomingMessage, bodyBytesMax: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let byteCount = 0
    const settle = (error: Error | undefined) => {
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      // Whatever comes after is dropped; the stream must not throw it at the process.
      request.on('error', () => undefined)
      if (error === undefined)
        resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, byteCount))
      else reject(error)
    }
    const onData = (chunk: Buffer) => {
      byteCount += chunk.byteLength
      if (byteCount <= bodyBytesMax) {
        chunks.push(chunk)
        return
      }
      request.pause()
      settle(tooLarge())
    }
    const onEnd = () => settle(undefined)
    const onClose = () =>
      settle(new UnaryError('canceled', 'the sender closed the connection before its body ended'))
    request.on('data', onData).once('end', onEnd).once('error', onClose).once('close', onClose)
  })
}

function tooLarge(): UnaryError {
  return new UnaryError('invalid_argument', 'content length is too large')
}

function consumed(): UnaryError {
  const cause = Object.assign(new Error('request body was consumed'), { code: 'DISPATCH_BODY_CONSUMED' })
  return new UnaryError(
    'internal',
    'DISPATCH_BODY_CONSUMED: a body parser in front of Dispatch has consumed or inflated the body, so that its ' +
      'signature cannot be checked. Mount Dispatch before that parser, or let the parser keep the bytes as they came ' +
      'in request.rawBody',
    { cause },
  )
}

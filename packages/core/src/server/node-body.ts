import type { IncomingMessage } from 'node:http'
import { readBody, UnaryError } from '@dispatch/protocol/connect'
import type { BodyPlace } from '../endpoint/run-capacity.js'

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
 * @throws {UnaryError} As {@link givenBodyOf}, `readBody` of `@dispatch/protocol`, and `take` of the place.
 */
export async function readNodeBody(request: RequestWithBody, place: BodyPlace): Promise<Uint8Array> {
  const given = givenBodyOf(request)
  if (given === undefined) return await readBody(request, place)
  place.take(given.byteLength)
  return given
}

/**
 * The bytes that a parser in front of us has left in `rawBody` or `body`; `undefined` when nobody has read the body.
 *
 * @throws {UnaryError} `internal`, with a `cause` of code `DISPATCH_BODY_CONSUMED`, when a parser has consumed it, or left
 *   it other than it was sent.
 */
export function givenBodyOf(request: RequestWithBody): Uint8Array | undefined {
  const given = [request.rawBody, request.body].find((body) => body instanceof Uint8Array)
  if (given === undefined) {
    // Never by `request.body`: an unread body is `{}` there with Express 4.
    if (request._body || request.readableDidRead || request.readableEnded || request.destroyed)
      throw consumed()
    return undefined
  }
  const bytes = given as Uint8Array
  if (isInflated(bytes, request.headers['content-encoding'])) throw consumed()
  return bytes
}

/** Parsers inflate what they read, unless they are told not to. RFC 1952 section 2.3.1 has the first two bytes. */
function isInflated(bytes: Uint8Array, encoding: string | undefined): boolean {
  return encoding?.trim().toLowerCase() === 'gzip' && !(bytes[0] === 0x1f && bytes[1] === 0x8b)
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

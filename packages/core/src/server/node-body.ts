import type { IncomingMessage } from 'node:http'
import { readBody, UnaryError } from '@dispatch/protocol/connect'
import type { BodyReservation } from '../endpoint/run-capacity.js'

/** A request as frameworks pass it on: they may have read its body, and stored it in one of these properties. */
export type RequestWithBody = IncomingMessage & {
  readonly rawBody?: unknown
  readonly body?: unknown
  /** body-parser sets it when it has read the stream. */
  readonly _body?: unknown
}

/**
 * The body of a request as it was sent: `rawBody` or `body` if they are bytes, else read from the stream.
 *
 * @throws {UnaryError} As {@link givenBodyOf}, `readBody` of `@dispatch/protocol/connect`, and `take` of the reservation.
 */
export async function readNodeBody(
  request: RequestWithBody,
  reservation: BodyReservation,
): Promise<Uint8Array> {
  const given = givenBodyOf(request)
  if (given === undefined) return await readBody(request, reservation)
  reservation.take(given.byteLength)
  return given
}

/**
 * The bytes that an earlier parser has stored in `rawBody` or `body`; `undefined` when the body has not been read.
 *
 * @throws {UnaryError} `internal`, with a `cause` of code `DISPATCH_BODY_CONSUMED`, when a parser has consumed
 *   it, or stored something other than the bytes that were sent.
 */
export function givenBodyOf(request: RequestWithBody): Uint8Array | undefined {
  const given = [request.rawBody, request.body].find((body) => body instanceof Uint8Array)
  if (given === undefined) {
    // `request.body` is no indication: with Express 4 it is `{}` for an unread body.
    if (request._body || request.readableDidRead || request.readableEnded || request.destroyed)
      throw consumedError()
    return undefined
  }
  const bytes = given as Uint8Array
  if (isInflated(bytes, request.headers['content-encoding'])) throw consumedError()
  return bytes
}

/** Parsers decompress bodies by default. The first two bytes of gzip: RFC 1952 section 2.3.1. */
function isInflated(bytes: Uint8Array, encoding: string | undefined): boolean {
  return encoding?.trim().toLowerCase() === 'gzip' && !(bytes[0] === 0x1f && bytes[1] === 0x8b)
}

function consumedError(): UnaryError {
  const cause = Object.assign(new Error('request body was consumed'), { code: 'DISPATCH_BODY_CONSUMED' })
  return new UnaryError(
    'internal',
    'DISPATCH_BODY_CONSUMED: a body parser in front of Dispatch has consumed or decompressed the body, so its ' +
      'signature cannot be verified. Mount Dispatch before that parser, or let the parser keep the original bytes ' +
      'in request.rawBody',
    { cause },
  )
}

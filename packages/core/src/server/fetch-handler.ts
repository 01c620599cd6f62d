import { Readable } from 'node:stream'
import { readBody, unreadResponse } from '@dispatch/protocol/connect'
import type { EndpointResponse } from '../endpoint/endpoint.js'
import type { BodyReservation } from '../endpoint/run-capacity.js'
import type { ServedDispatch } from './node-listener.js'

/** Answers a `Request` of the web standard. Never rejects. */
export async function handleFetch(dispatch: ServedDispatch, request: Request): Promise<Response> {
  const { pathname, host } = new URL(request.url)
  const headers: Record<string, string> = Object.fromEntries(request.headers)
  // A stream may have no length; its size is limited while it is read.
  if (request.body !== null && headers['content-length'] === undefined)
    headers['transfer-encoding'] = 'chunked'
  const head = { method: request.method, path: pathname, headers, authority: headers.host ?? host }
  const reservation = dispatch.reserve(head)
  if ('status' in reservation) return responseOf(reservation)
  try {
    const body = await readWebBody(request, reservation)
    const answer = await dispatch.handle({ ...head, body }, request.signal)
    if (answer.body instanceof Uint8Array) reservation.release()
    else answer.body.once('close', reservation.release)
    return responseOf(answer)
  } catch (error) {
    reservation.release()
    return responseOf(unreadResponse(error))
  }
}

/** @throws {UnaryError} `canceled` when it cannot be read, and what `take` of the reservation throws. */
async function readWebBody(request: Request, reservation: BodyReservation): Promise<Uint8Array> {
  if (request.body === null) return Buffer.alloc(0)
  return await readBody(Readable.fromWeb(request.body as ReadableStream), reservation)
}

function responseOf({ status, headers, body }: EndpointResponse): Response {
  const webBody = body instanceof Uint8Array ? body : (Readable.toWeb(body) as ReadableStream)
  return new Response(webBody, { status, headers })
}

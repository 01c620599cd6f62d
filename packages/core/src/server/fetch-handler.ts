import { Readable } from 'node:stream'
import { readBody, unreadResponse } from '@dispatch/protocol/connect'
import type { EndpointResponse } from '../endpoint/endpoint.js'
import type { BodyPlace } from '../endpoint/run-capacity.js'
import type { ServedDispatch } from './node-listener.js'

/** Answers a request of the web standard. Never rejects. */
export async function handleFetch(dispatch: ServedDispatch, request: Request): Promise<Response> {
  const { pathname, host } = new URL(request.url)
  const headers: Record<string, string> = Object.fromEntries(request.headers)
  // A stream may have no length; that it is limited is seen to below.
  if (request.body !== null && headers['content-length'] === undefined)
    headers['transfer-encoding'] = 'chunked'
  const head = { method: request.method, path: pathname, headers, authority: headers.host ?? host }
  const place = dispatch.enter(head)
  if ('status' in place) return responseOf(place)
  try {
    const body = await readWebBody(request, place)
    const answer = await dispatch.handle({ ...head, body }, request.signal)
    if (answer.body instanceof Uint8Array) place.leave()
    else answer.body.once('close', place.leave)
    return responseOf(answer)
  } catch (error) {
    place.leave()
    return responseOf(unreadResponse(error))
  }
}

/** @throws {UnaryError} `canceled` when it cannot be read, and what the place says. */
async function readWebBody(request: Request, place: BodyPlace): Promise<Uint8Array> {
  if (request.body === null) return Buffer.alloc(0)
  return await readBody(Readable.fromWeb(request.body as ReadableStream), place)
}

function responseOf({ status, headers, body }: EndpointResponse): Response {
  const webBody = body instanceof Uint8Array ? body : (Readable.toWeb(body) as ReadableStream)
  return new Response(webBody, { status, headers })
}

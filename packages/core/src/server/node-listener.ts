import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { RunAborter, type RunSignal } from '@dispatch/protocol'
import { UnaryError, type UnaryResponse, unreadResponse, whenGone } from '@dispatch/protocol/connect'
import type { EndpointHead, EndpointRequest, EndpointResponse } from '../endpoint/endpoint.js'
import type { BodyReservation } from '../endpoint/run-capacity.js'
import { type RequestWithBody, readNodeBody } from './node-body.js'

/** The part of a `Dispatch` that a server needs. */
export interface ServedDispatch {
  readonly isStopping: boolean
  reserve(head: EndpointHead): BodyReservation | UnaryResponse
  handle(request: EndpointRequest, signal?: RunSignal): Promise<EndpointResponse>
}

/**
 * Answers a request of Node.js's HTTP/1 and HTTP/2 servers, and of frameworks on top of them. Never rejects.
 *
 * Routes by `request.url`, which a router has shortened by the path of its mount, and verifies the path that was sent.
 *
 * @param originalUrl - The URL as it was sent, where the framework does not keep it in `request.originalUrl`.
 */
export async function handleNode(
  dispatch: ServedDispatch,
  request: RequestWithBody & { readonly originalUrl?: string },
  response: ServerResponse,
  originalUrl: string = request.originalUrl ?? request.url ?? '/',
): Promise<void> {
  const head = {
    method: request.method ?? '',
    path: pathOf(request.url ?? '/'),
    headers: request.headers,
    originalPath: pathOf(originalUrl),
  }
  const signal = closeSignalOf(response)
  const write = (answer: EndpointResponse) => {
    // At shutdown an idle connection would keep the server open.
    if (dispatch.isStopping) endConnection(response)
    writeNodeResponse(response, answer)
  }
  try {
    const reservation = dispatch.reserve(head)
    if ('status' in reservation) return write(reservation)
    whenGone(response, reservation.release)
    const body = await readNodeBody(request, reservation)
    write(await dispatch.handle({ ...head, body }, signal))
  } catch (error) {
    write(unreadResponse(error))
  }
}

/** Aborts when the sender disconnects before it was answered. */
export function closeSignalOf(response: ServerResponse): RunSignal {
  const aborter = new RunAborter()
  whenGone(response, () => {
    if (!response.writableFinished)
      aborter.abort(new UnaryError('canceled', 'the sender closed the connection'))
  })
  return aborter
}

/** Writes an answer, unless one was written or the sender has disconnected. */
export function writeNodeResponse(
  response: ServerResponse,
  { status, headers, body }: EndpointResponse,
): void {
  if (response.headersSent || response.destroyed) return
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  // An unread body would block the next request on its connection.
  if (response.req.complete === false) endConnection(response)
  if (body instanceof Uint8Array) response.end(body)
  else pipeline(body, response, () => undefined)
}

/** Closes the connection after this answer. */
export function endConnection(response: ServerResponse): void {
  // HTTP/2 multiplexes streams, and forbids the header field.
  if (response.req.httpVersionMajor >= 2) return
  if (!response.headersSent) response.setHeader('connection', 'close')
  else response.once('finish', () => response.req.socket?.end?.())
}

/** The path of a request target, without the query. */
export function pathOf(url: string): string {
  const end = url.search(/[?#]/)
  const path = end === -1 ? url : url.slice(0, end)
  // RFC 9112 section 3.2.2: a request target may be a whole URL.
  return path.startsWith('/') ? path : URL.canParse(path) ? new URL(path).pathname : '/'
}

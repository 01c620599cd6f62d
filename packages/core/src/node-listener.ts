import type { ServerResponse } from 'node:http'
import { errorResponse, UnaryError, type UnaryResponse } from '@dispatch/protocol'
import type { EndpointHead, EndpointRequest } from './endpoint.js'
import { type RequestWithBody, readNodeBody } from './node-body.js'

/** The part of a `Dispatch` that a server needs. */
export interface ServedDispatch {
  readonly bodyBytesMax: number
  readonly isStopping: boolean
  checkHead(head: EndpointHead): UnaryResponse | undefined
  handle(request: EndpointRequest, signal?: AbortSignal): Promise<UnaryResponse>
}

/**
 * Answers a request of Node.js's HTTP/1 and HTTP/2 servers, and of frameworks above them. Never rejects.
 *
 * Routes by `request.url`, which a router has shortened by its mount, and verifies the path that was sent.
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
  const aborter = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished)
      aborter.abort(new UnaryError('canceled', 'the sender closed the connection'))
  })
  try {
    const refusal = dispatch.checkHead(head)
    if (refusal !== undefined) return writeNodeResponse(dispatch, response, refusal)
    const body = await readNodeBody(request, dispatch.bodyBytesMax)
    writeNodeResponse(dispatch, response, await dispatch.handle({ ...head, body }, aborter.signal))
  } catch (error) {
    writeNodeResponse(dispatch, response, failureOf(error))
  }
}

/** Writes an answer; closes the connection where it cannot or must not be used again. */
function writeNodeResponse(
  dispatch: ServedDispatch,
  response: ServerResponse,
  { status, headers, body }: UnaryResponse,
): void {
  if (response.headersSent || response.destroyed) return
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  // HTTP/2 has streams of its own for that, and refuses the header field.
  const isHttp1 = response.req.httpVersionMajor < 2
  // A body that nobody reads would block the next request. At shutdown an idle connection would hold up the server.
  if (isHttp1 && (!response.req.complete || dispatch.isStopping)) response.setHeader('connection', 'close')
  response.end(body)
}

function failureOf(error: unknown): UnaryResponse {
  if (error instanceof UnaryError) return errorResponse(error.code, error.message)
  return errorResponse('internal', 'internal error')
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/)
  const path = end === -1 ? url : url.slice(0, end)
  // RFC 9112 section 3.2.2: a request target may be a whole URL.
  return path.startsWith('/') ? path : URL.canParse(path) ? new URL(path).pathname : '/'
}

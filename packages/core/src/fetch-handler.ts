import { Readable } from 'node:stream'
import { errorResponse, tooLargeResponse } from '@dispatch/protocol'
import type { EndpointResponse } from './endpoint.js'
import type { ServedDispatch } from './node-listener.js'

/** Answers a request of the web standard. Never rejects. */
export async function handleFetch(dispatch: ServedDispatch, request: Request): Promise<Response> {
  const { pathname, host } = new URL(request.url)
  const headers: Record<string, string> = Object.fromEntries(request.headers)
  // A stream may have no length; that it is limited is seen to below.
  if (request.body !== null && headers['content-length'] === undefined)
    headers['transfer-encoding'] = 'chunked'
  const head = { method: request.method, path: pathname, headers, authority: headers.host ?? host }
  const refusal = dispatch.checkHead(head)
  if (refusal !== undefined) return responseOf(refusal)
  try {
    const body = await readWebBody(request, dispatch.bodyBytesMax)
    if (body === undefined) return responseOf(tooLargeResponse())
    return responseOf(await dispatch.handle({ ...head, body }, request.signal))
  } catch {
    return responseOf(errorResponse('canceled', 'the body could not be read'))
  }
}

/** The body, or `undefined` when it is longer than `bodyBytesMax`. */
async function readWebBody(request: Request, bodyBytesMax: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let byteCount = 0
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    byteCount += chunk.byteLength
    if (byteCount > bodyBytesMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, byteCount)
}

function responseOf({ status, headers, body }: EndpointResponse): Response {
  const webBody = body instanceof Uint8Array ? body : (Readable.toWeb(body) as ReadableStream)
  return new Response(webBody, { status, headers })
}

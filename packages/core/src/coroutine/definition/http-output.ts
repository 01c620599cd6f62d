import { DispatchError } from '@dispatch/protocol'
import { BODY_BYTES_MAX } from '@dispatch/protocol/bounds'
import { httpResponseValue } from '@dispatch/protocol/values'

/** Whether the value is a `Response` of fetch, from any copy of undici. */
export function isFetchResponse(value: unknown): value is Response {
  if (typeof value !== 'object' || value === null) return false
  const { status, headers, arrayBuffer, clone } = value as Partial<Response>
  return (
    typeof status === 'number' &&
    typeof arrayBuffer === 'function' &&
    typeof clone === 'function' &&
    typeof headers?.get === 'function'
  )
}

/**
 * The output of a handler in a form that can be encoded: a `Response` of fetch is read completely and becomes the HTTP
 * response that all SDKs share. Any other output is not changed.
 *
 * @throws {DispatchError} `invalid_response` when the body was read before or is too large.
 */
export async function readHttpOutput(output: unknown): Promise<unknown> {
  if (!isFetchResponse(output)) return output
  if (output.bodyUsed) {
    throw new DispatchError(
      'invalid_response',
      'output: expected a Response with an unread body, got one whose body was read. Return what was read, or response.clone()',
    )
  }
  const body = await readBody(output)
  return httpResponseValue({ status: output.status, header: headerOf(output), body })
}

async function readBody(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > BODY_BYTES_MAX) {
      throw new DispatchError(
        'invalid_response',
        `output: expected a Response with a body of at most ${BODY_BYTES_MAX} bytes, got a larger one`,
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Header fields that fit the body as it was read: fetch has decompressed it. */
function headerOf({ headers }: Response): Record<string, string | string[]> {
  const header: Record<string, string | string[]> = {}
  const cookies = headers.getSetCookie()
  headers.forEach((value, name) => {
    header[name] = value
  })
  if (cookies.length > 0) header['set-cookie'] = cookies
  if ('content-encoding' in header) {
    delete header['content-encoding']
    delete header['content-length']
  }
  return header
}

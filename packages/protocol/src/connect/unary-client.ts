import { gunzipSync } from 'node:zlib'
import { BODY_BYTES_MAX } from '../bounds/limits.js'
import { TYPE_REGISTRY } from '../messages/type-registry.js'
import { fromBinary } from '../proto/binary.js'
import { fromJsonString } from '../proto/from-json.js'
import type { Message, MessageSchema } from '../proto/message.js'
import { retryAfterMsOf, statusOfHttp } from '../statuses/http-status.js'
import { quote } from '../text/shorten.js'
import { systemNowMs } from '../time/system-time.js'
import { connectCodeOfHttp, isConnectCode } from './connect-code.js'
import { headerOf, type UnaryHeaders } from './unary.js'
import { UnaryError } from './unary-error.js'

export interface UnaryHeadersOptions {
  /** Time limit for the response, in milliseconds. */
  readonly timeoutMs?: number
  /** Sent as `Authorization: Bearer …`. */
  readonly apiKey?: string
  readonly userAgent?: string
}

/** Headers of a request whose body is a binary message, without `content-length` and signature. */
export function unaryHeaders(options: UnaryHeadersOptions = {}): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/proto',
    'connect-protocol-version': '1',
  }
  if (options.timeoutMs !== undefined) {
    headers['connect-timeout-ms'] = String(
      Math.min(Math.max(Math.ceil(options.timeoutMs), 0), TIMEOUT_MS_MAX),
    )
  }
  if (options.apiKey !== undefined) headers.authorization = `Bearer ${options.apiKey}`
  if (options.userAgent !== undefined) headers['user-agent'] = options.userAgent
  return headers
}

/** Connect protocol: `Connect-Timeout-Ms` has at most ten digits. */
const TIMEOUT_MS_MAX = 9_999_999_999

export interface ParseUnaryOptions {
  /** Maximum size of the body after decompression, in bytes. Default {@link BODY_BYTES_MAX}. */
  readonly bodyBytesMax?: number
  /** Current time in epoch milliseconds, for a `Retry-After` that is a date. Default: the system clock. */
  readonly nowMs?: number
}

/**
 * The message in the response to a request made with {@link unaryHeaders}.
 *
 * @throws {UnaryError} When the response is a failure: with the code and message of its body and the status of that
 *   code; or, when the body is not a Connect error (for example a proxy's page), with the code and status of its HTTP
 *   status. When the response is a success but unreadable: status `invalid_response`.
 */
export function parseUnaryResponse<Shape extends Message>(
  httpStatus: number,
  headers: UnaryHeaders,
  body: Uint8Array,
  schema: MessageSchema<Shape>,
  options: ParseUnaryOptions = {},
): Shape {
  const type = headerOf(headers, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (httpStatus !== 200) throw errorOfResponse(httpStatus, headers, type, body, options)
  try {
    const bytes = inflated(headers, body, options.bodyBytesMax ?? BODY_BYTES_MAX)
    if (type === 'application/json') {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      return fromJsonString(schema, text, { registry: TYPE_REGISTRY })
    }
    if (!BINARY_TYPES.has(type)) throw new Error(`unexpected content type ${quote(type)}`)
    return fromBinary(schema, bytes)
  } catch (error) {
    throw new UnaryError('internal', `unreadable answer: ${(error as Error).message}`, {
      status: 'invalid_response',
      httpStatus,
      cause: error,
    })
  }
}

/** As lenient as our own server. The empty string stands for no content type. */
const BINARY_TYPES: ReadonlySet<string> = new Set([
  '',
  'application/proto',
  'application/x-protobuf',
  'application/octet-stream',
])

function inflated(headers: UnaryHeaders, body: Uint8Array, bodyBytesMax: number): Uint8Array {
  const encoding = headerOf(headers, 'content-encoding')?.trim().toLowerCase() || 'identity'
  if (encoding === 'identity' || body.byteLength === 0) return body
  if (encoding !== 'gzip') throw new Error(`unknown compression ${quote(encoding)}`)
  return gunzipSync(body, { maxOutputLength: bodyBytesMax })
}

function errorOfResponse(
  httpStatus: number,
  headers: UnaryHeaders,
  type: string,
  body: Uint8Array,
  options: ParseUnaryOptions,
): UnaryError {
  const retryAfterMs = retryAfterMsOf(headerOf(headers, 'retry-after'), options.nowMs ?? systemNowMs())
  const common = { httpStatus, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  const wire = type === 'application/json' ? connectErrorOf(headers, body) : undefined
  if (isConnectCode(wire?.code)) {
    return new UnaryError(wire.code, wire.message || `HTTP ${httpStatus}`, common)
  }
  const status = statusOfHttp(httpStatus)
  const message = `HTTP ${httpStatus} without a Connect error (content type ${quote(type)})`
  return new UnaryError(connectCodeOfHttp(httpStatus), wire?.message || message, {
    ...common,
    // A success other than 200 has a body that this protocol does not define.
    status: status === undefined || status === 'ok' ? 'invalid_response' : status,
  })
}

function connectErrorOf(
  headers: UnaryHeaders,
  body: Uint8Array,
): { code: unknown; message: string } | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(inflated(headers, body, ERROR_BYTES_MAX)).toString())
    if (typeof value !== 'object' || value === null) return undefined
    const { code, message } = value as Record<string, unknown>
    return { code, message: typeof message === 'string' ? message : '' }
  } catch {
    return undefined
  }
}

/** Size limit of an error body, which is a code and a sentence. */
const ERROR_BYTES_MAX = 1_000_000

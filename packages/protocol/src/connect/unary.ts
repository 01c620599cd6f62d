import type { Readable } from 'node:stream'
import { quote, shorten } from '../text/shorten.js'
import { CONNECT_CODES, type ConnectCode } from './connect-code.js'
import { UnaryError } from './unary-error.js'

/** Header fields as Node.js represents them: names in lower case. */
export type UnaryHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A unary request of the Connect protocol as bytes, independent of the HTTP server. */
export interface UnaryRequest {
  readonly method: string
  /** As sent, without the query. */
  readonly path: string
  readonly headers: UnaryHeaders
  /** As sent, possibly compressed. */
  readonly body: Uint8Array
}

/** A response to a {@link UnaryRequest}. Its headers, names in lower case, include `content-length`. */
export interface UnaryResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** A response whose body is a stream of bytes. */
export interface StreamedResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable
}

/** The limits that {@link checkHead} enforces. */
export interface HeadLimits {
  readonly bodyBytesMax: number
  /** Refuse a request without a body: for services in which an empty message has no meaning. */
  readonly lengthRequired: boolean
}

/**
 * A response to a failed request: JSON with exactly the keys `code` and `message`, and the HTTP status of the
 * code. Always valid JSON, whatever the message holds (conformance case E23).
 */
export function errorResponse(
  code: ConnectCode,
  message: string,
  extraHeaders: Readonly<Record<string, string>> = {},
): UnaryResponse {
  return bytesResponse(
    CONNECT_CODES[code].httpStatus,
    'application/json',
    Buffer.from(JSON.stringify({ code, message })),
    extraHeaders,
  )
}

/** A response with this body; sets `content-type` and `content-length`. */
export function bytesResponse(
  status: number,
  contentType: string,
  body: Uint8Array,
  extraHeaders: Readonly<Record<string, string>> = {},
): UnaryResponse {
  return {
    status,
    headers: { ...extraHeaders, 'content-type': contentType, 'content-length': String(body.byteLength) },
    body,
  }
}

/** The value of a header field; several lines are joined by `, ` (RFC 9110 section 5.3). */
export function headerOf(headers: UnaryHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined
  return Array.isArray(value) ? value.join(', ') : value
}

/**
 * Checks everything for which a request can be refused before its body is read. Returns the refusal, or `undefined` when
 * the body may be read. The reader must stop after `bodyBytesMax` bytes, because a chunked body has no length.
 *
 * Over-long is 400 `invalid_argument`, not 413 (conformance case E02).
 */
export function checkHead(
  method: string,
  headers: UnaryHeaders,
  limits: HeadLimits,
): UnaryResponse | undefined {
  if (method !== 'POST') {
    const response = errorResponse('unimplemented', `method ${shorten(method)} is not supported: use POST`, {
      allow: 'POST',
    })
    return { ...response, status: 405 }
  }
  return checkLength(headers, limits) ?? checkConnect(headers) ?? checkContentEncoding(headers)
}

/** The refusal of a body that exceeds the size limit. */
export function tooLargeResponse(): UnaryResponse {
  return errorResponse('invalid_argument', TOO_LARGE)
}

/** The same refusal as an error, for readers of a body without a length. */
export function tooLargeError(): UnaryError {
  return new UnaryError('invalid_argument', TOO_LARGE)
}

const TOO_LARGE = 'content length is too large'

/** Maximum number of bytes that deflate expands one byte to (zlib's documentation, "maximum compression factor"). */
const INFLATION_MAX = 1_032

/** Maximum number of bytes that decompression adds to a body of this size; 0 if it is not compressed. */
export function inflatedBytesMax(headers: UnaryHeaders, bytes: number, bodyBytesMax: number): number {
  return isGzip(headers) ? Math.min(bodyBytesMax, bytes * INFLATION_MAX) : 0
}

export function isGzip(headers: UnaryHeaders): boolean {
  return headerOf(headers, 'content-encoding')?.trim().toLowerCase() === 'gzip'
}

/** The sender's time limit for the response in milliseconds, if there is one. */
export function connectTimeoutMsOf(headers: UnaryHeaders): number | undefined {
  const value = headerOf(headers, 'connect-timeout-ms')
  return value !== undefined && TIMEOUT_PATTERN.test(value) ? Number(value) : undefined
}

/** Connect protocol, "Connect-Timeout-Ms": at most ten digits. */
const TIMEOUT_PATTERN = /^\d{1,10}$/

function checkLength(headers: UnaryHeaders, limits: HeadLimits): UnaryResponse | undefined {
  const value = headerOf(headers, 'content-length')
  if (value === undefined) {
    // HTTP/2 has no `transfer-encoding` and needs no length; Node.js shows its pseudo header fields.
    const hasBody = headers['transfer-encoding'] !== undefined || headers[':method'] !== undefined
    return limits.lengthRequired && !hasBody ? lengthRequiredResponse() : undefined
  }
  if (/^-\d+$/.test(value)) return errorResponse('invalid_argument', 'content length is negative')
  if (!/^\d+$/.test(value)) return errorResponse('invalid_argument', 'content length is not a number')
  if (Number(value) > limits.bodyBytesMax) return tooLargeResponse()
  return limits.lengthRequired && Number(value) === 0 ? lengthRequiredResponse() : undefined
}

function lengthRequiredResponse(): UnaryResponse {
  return errorResponse('invalid_argument', 'content length is required')
}

function checkConnect(headers: UnaryHeaders): UnaryResponse | undefined {
  const version = headerOf(headers, 'connect-protocol-version')
  if (version !== undefined && version !== '1') {
    return errorResponse('invalid_argument', `connect-protocol-version must be "1": got ${quote(version)}`)
  }
  const timeout = headerOf(headers, 'connect-timeout-ms')
  if (timeout !== undefined && !TIMEOUT_PATTERN.test(timeout)) {
    return errorResponse(
      'invalid_argument',
      `connect-timeout-ms must be a number of at most 10 digits: got ${quote(timeout)}`,
    )
  }
  return undefined
}

function checkContentEncoding(headers: UnaryHeaders): UnaryResponse | undefined {
  const encoding = headerOf(headers, 'content-encoding')?.trim().toLowerCase() || 'identity'
  if (encoding === 'identity' || encoding === 'gzip') return undefined
  return errorResponse(
    'unimplemented',
    `unknown compression ${quote(encoding)}: supported encodings are gzip,identity`,
  )
}

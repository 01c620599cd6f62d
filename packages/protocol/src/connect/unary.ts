import type { Readable } from 'node:stream'
import { quote, shorten } from '../text/shorten.js'
import { CONNECT_CODES, type ConnectCode } from './connect-code.js'
import { UnaryError } from './unary-error.js'

/** Header fields as Node.js gives them: names in lower case. */
export type UnaryHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A request of the Connect protocol for one message, as bytes: what any HTTP server can be asked for. */
export interface UnaryRequest {
  readonly method: string
  /** As sent, without the query. */
  readonly path: string
  readonly headers: UnaryHeaders
  /** As sent: still compressed, if it is. */
  readonly body: Uint8Array
}

/** An answer to a {@link UnaryRequest}. Its headers, names in lower case, include `content-length`. */
export interface UnaryResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** An answer whose body comes in parts, as a stream of bytes. */
export interface StreamedResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable
}

/** What {@link checkHead} holds a request to. */
export interface HeadLimits {
  readonly bodyBytesMax: number
  /** Refuse a request that announces no body: for services in which an empty message means nothing. */
  readonly lengthRequired: boolean
}

/**
 * An answer that a request failed: JSON with exactly the keys `code` and `message`, and the HTTP status of the
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

/** An answer with this body; sets `content-type` and `content-length`. */
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
 * Everything a request can be refused for before its body is read. Answers with the refusal, or `undefined` when
 * the body may be read, of which no more than `bodyBytesMax` bytes must be taken: a chunked body has no length.
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

/** The refusal of a body that is too large. */
export function tooLargeResponse(): UnaryResponse {
  return errorResponse('invalid_argument', TOO_LARGE)
}

/** The same, for whoever reads a body without a length. */
export function tooLargeError(): UnaryError {
  return new UnaryError('invalid_argument', TOO_LARGE)
}

const TOO_LARGE = 'content length is too large'

/** Deflate makes no more of a byte (zlib's documentation, "maximum compression factor"). */
const INFLATION_MAX = 1_032

/** The bytes that a body of this many may have once it is decompressed: none beside it, if it is not compressed. */
export function inflatedBytesMax(headers: UnaryHeaders, bytes: number, bodyBytesMax: number): number {
  return isGzip(headers) ? Math.min(bodyBytesMax, bytes * INFLATION_MAX) : 0
}

export function isGzip(headers: UnaryHeaders): boolean {
  return headerOf(headers, 'content-encoding')?.trim().toLowerCase() === 'gzip'
}

/** How long the sender waits for an answer, in milliseconds, if it says so. */
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

import type { Status } from './statuses.js'

/**
 * The status that an HTTP status code stands for, the same in all SDKs (conformance case R01). `undefined` for a number
 * that is not an HTTP status code, such as 0 or 9999.
 */
export function statusOfHttp(httpStatus: number): Status | undefined {
  const status = STATUS_BY_HTTP_STATUS.get(httpStatus)
  if (status !== undefined) return status
  if (!Number.isInteger(httpStatus) || httpStatus < 100 || httpStatus > 599) return undefined
  if (httpStatus >= 500) return 'temporary'
  return httpStatus >= 200 && httpStatus < 300 ? 'ok' : 'permanent'
}

const STATUS_BY_HTTP_STATUS: ReadonlyMap<number, Status> = new Map([
  [400, 'invalid_argument'],
  [401, 'unauthenticated'],
  [403, 'permission_denied'],
  [404, 'not_found'],
  [408, 'timeout'],
  [429, 'throttled'],
  [501, 'permanent'],
])

/**
 * How long a `Retry-After` header asks to wait, in milliseconds, rounded up and never negative. Reads both forms
 * of RFC 9110 section 10.2.3: seconds and an HTTP date. `undefined` when it is absent or neither.
 *
 * @param nowMs - Epoch milliseconds that a date is compared with.
 */
export function retryAfterMsOf(value: string | null | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d{1,10}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000)
  if (!HTTP_DATE_PATTERN.test(text)) return undefined
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? undefined : Math.max(0, Math.ceil(atMs - nowMs))
}

/** As {@link retryAfterMsOf}, of the headers of any client: a `Headers` object, or header fields by name. */
export function retryAfterMsOfHeaders(headers: unknown, nowMs: number): number | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined
  const { get } = headers as { get?: unknown }
  const value: unknown =
    typeof get === 'function'
      ? get.call(headers, 'retry-after')
      : Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after')?.[1]
  const first: unknown = Array.isArray(value) ? value[0] : value
  return first === undefined || first === null ? undefined : retryAfterMsOf(String(first), nowMs)
}

/** The three forms of RFC 9110 section 5.6.7 begin with a day of the week; `Date.parse` alone reads far more. */
const HTTP_DATE_PATTERN = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d/

import { STATUS_CODES } from 'node:http'
import { systemNowMs } from '../time/system-time.js'
import { retryAfterMsOfHeaders, statusOfHttp } from './http-status.js'
import { type FailureStatus, isStatus, STATUSES, type Status } from './statuses.js'

const BRAND = Symbol.for('dispatch.error')

/** Options of a `DispatchError`. */
export interface DispatchErrorOptions extends ErrorOptions {
  /** Earliest time for the next attempt, in milliseconds from now; ignored unless it is a number from 0 on. Default: none. */
  readonly retryAfterMs?: number
  /** Name of the error on the wire and in logs. Default: that of the status. */
  readonly name?: string
  /** Output that the failed call returned beside the error. Default: none. */
  readonly output?: unknown
  /** Id of the call that failed, if it was another call. Default: none. */
  readonly dispatchId?: string
  /** Stack trace of the process in which the error occurred. Default: none. */
  readonly remoteStack?: string
}

/**
 * A failure that says, by its status, whether trying again helps. Thrown by a function it becomes the status of
 * the run; a parent that awaits a failed call gets one too.
 *
 * `instanceof` works across copies of this package.
 */
export class DispatchError extends Error {
  readonly status: FailureStatus
  readonly retryAfterMs?: number
  readonly output?: unknown
  readonly dispatchId?: string
  readonly remoteStack?: string

  constructor(status: FailureStatus, message: string, options: DispatchErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    if (!isStatus(status) || (status as Status) === 'ok') {
      throw new TypeError(
        `new DispatchError(status): expected a failure status of STATUSES, got ${String(status)}`,
      )
    }
    this.name = options.name ?? STATUSES[status].errorName
    this.status = status
    const { retryAfterMs = Number.NaN } = options
    if (Number.isFinite(retryAfterMs) && retryAfterMs >= 0) this.retryAfterMs = retryAfterMs
    if (options.output !== undefined) this.output = options.output
    if (options.dispatchId !== undefined) this.dispatchId = options.dispatchId
    if (options.remoteStack !== undefined) this.remoteStack = options.remoteStack
    Object.defineProperty(this, BRAND, { value: true })
  }

  /**
   * What an unsuccessful HTTP response means: the status by its status code, the delay by its `Retry-After`. Takes
   * a fetch `Response`, an undici or axios response, or an `http.IncomingMessage`; never reads the body.
   *
   * @throws {TypeError} When the response is a success (2xx), which is no error, or no response at all.
   */
  static from(response: HttpResponseLike, options: FromResponseOptions = {}): DispatchError {
    const { nowMs, message, ...rest } = options
    const httpStatus = response?.status ?? response?.statusCode
    if (typeof httpStatus !== 'number') {
      throw new TypeError(
        'DispatchError.from(response): expected an HTTP response with a status or statusCode',
      )
    }
    const status = statusOfHttp(httpStatus) ?? 'permanent'
    if (status === 'ok') {
      throw new TypeError(
        `DispatchError.from(response): HTTP ${httpStatus} is a success; call it only if !response.ok`,
      )
    }
    const retryAfterMs = retryAfterMsOfHeaders(response.headers, nowMs ?? systemNowMs())
    return new DispatchError(status, message ?? messageOf(httpStatus, response.url), {
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...rest,
    })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass inherits this, and is not what every DispatchError is.
    if (this !== DispatchError) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
  }
}

/** An HTTP response of any client: fetch and axios say `status`, undici and Node.js say `statusCode`. */
export interface HttpResponseLike {
  readonly status?: number | undefined
  readonly statusCode?: number | undefined
  /** A `Headers` object, or header fields by name. */
  readonly headers?: unknown
  readonly url?: string | undefined
}

export interface FromResponseOptions extends DispatchErrorOptions {
  /** Default: status code, its text, and the URL without its query, if the response has it. */
  readonly message?: string
  /** Epoch milliseconds that a `Retry-After` date is compared with. Default: the clock. */
  readonly nowMs?: number
}

function messageOf(httpStatus: number, url: string | undefined): string {
  const text = STATUS_CODES[httpStatus]
  const from = url !== undefined && URL.canParse(url) ? new URL(url) : undefined
  // Queries and user names may be secret.
  return `HTTP ${httpStatus}${text ? ` ${text}` : ''}${from ? ` from ${from.origin}${from.pathname}` : ''}`
}

/** Whether running again may help after this error. */
export function isRetryable(error: DispatchError): boolean {
  return STATUSES[error.status].retry !== 'no'
}

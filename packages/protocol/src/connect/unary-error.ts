import { DispatchError, type DispatchErrorOptions } from '../statuses/dispatch-error.js'
import type { FailureStatus } from '../statuses/statuses.js'
import { CONNECT_CODES, type ConnectCode } from './connect-code.js'

const BRAND = Symbol.for('dispatch.unary_error')

export interface UnaryErrorOptions extends DispatchErrorOptions {
  /** Default: the status of the code. */
  readonly status?: FailureStatus
  /** HTTP status that the error came with. Default: the HTTP status of the code. */
  readonly httpStatus?: number
}

/** A failed exchange of the Connect protocol, as seen by both sides. */
export class UnaryError extends DispatchError {
  readonly code: ConnectCode
  readonly httpStatus: number

  constructor(code: ConnectCode, message: string, options: UnaryErrorOptions = {}) {
    const { status, httpStatus, ...rest } = options
    super(status ?? CONNECT_CODES[code].status, message, rest)
    this.code = code
    this.httpStatus = httpStatus ?? CONNECT_CODES[code].httpStatus
    Object.defineProperty(this, BRAND, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
  }
}

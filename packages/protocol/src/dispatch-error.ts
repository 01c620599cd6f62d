import { type FailureStatus, STATUSES, type Status } from './statuses.js'

const BRAND = Symbol.for('dispatch.error')

export interface DispatchErrorOptions extends ErrorOptions {
  /** Earliest time for the next attempt, in milliseconds from now. */
  readonly retryAfterMs?: number
  /** Name that the error has on the wire and in logs, when it is not the one of its status. */
  readonly name?: string
  /** Output that the failed call gave beside the error. */
  readonly output?: unknown
  /** Id of the call that failed, when it was another call. */
  readonly dispatchId?: string
  /** Stack trace of the process in which the error arose. */
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
    const row = STATUSES[status]
    if (row === undefined || (status as Status) === 'ok') {
      throw new TypeError(`new DispatchError(status): wanted a failure status of STATUSES, got ${String(status)}`)
    }
    this.name = options.name ?? row.errorName
    this.status = status
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs
    if (options.output !== undefined) this.output = options.output
    if (options.dispatchId !== undefined) this.dispatchId = options.dispatchId
    if (options.remoteStack !== undefined) this.remoteStack = options.remoteStack
    Object.defineProperty(this, BRAND, { value: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
  }
}

/** Whether running again may help after this error. */
export function isRetryable(error: DispatchError): boolean {
  return STATUSES[error.status].retry !== 'no'
}

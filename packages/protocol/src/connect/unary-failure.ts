import { DispatchError } from '../statuses/dispatch-error.js'
import { type ConnectCode, connectCodeOfStatus } from './connect-code.js'
import { errorResponse, type UnaryResponse } from './unary.js'
import { UnaryError } from './unary-error.js'

/** A failure as the Connect protocol represents it. */
export interface Failure {
  readonly code: ConnectCode
  readonly message: string
  readonly retryAfterMs?: number | undefined
}

/**
 * How a thrown value is reported to the sender of the request: a `DispatchError` by the code of its status and its
 * message, a `UnaryError` by its own code, anything else as `internal`.
 *
 * @param onInternalError - Called with a value that is reported as `internal`.
 */
export function failureOf(error: unknown, onInternalError?: (error: unknown) => void): Failure {
  if (error instanceof DispatchError) {
    const code = error instanceof UnaryError ? error.code : connectCodeOfStatus(error.status)
    return { code, message: error.message, retryAfterMs: error.retryAfterMs }
  }
  onInternalError?.(error)
  return { code: 'internal', message: 'internal error' }
}

/** The response for a failure, with `retry-after` in whole seconds if the failure has a retry delay. */
export function failureResponse({ code, message, retryAfterMs }: Failure): UnaryResponse {
  const headers = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
  return errorResponse(code, message, headers)
}

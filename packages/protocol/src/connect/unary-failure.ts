import { DispatchError } from '../statuses/dispatch-error.js'
import { type ConnectCode, connectCodeOfStatus } from './connect-code.js'
import { errorResponse, type UnaryResponse } from './unary.js'
import { UnaryError } from './unary-error.js'

/** A failure as the Connect protocol tells it. */
export interface Failure {
  readonly code: ConnectCode
  readonly message: string
  readonly retryAfterMs?: number | undefined
}

/**
 * What the sender of a request learns of what was thrown: the code of its status and its message when it is a
 * `DispatchError`, a `UnaryError`'s own code, and of anything else that it is `internal`.
 *
 * @param onInternalError - Is told that anything else.
 */
export function failureOf(error: unknown, onInternalError?: (error: unknown) => void): Failure {
  if (error instanceof DispatchError) {
    const code = error instanceof UnaryError ? error.code : connectCodeOfStatus(error.status)
    return { code, message: error.message, retryAfterMs: error.retryAfterMs }
  }
  onInternalError?.(error)
  return { code: 'internal', message: 'internal error' }
}

/** The answer that tells of a failure, with `retry-after` in whole seconds if it says when to come again. */
export function failureResponse({ code, message, retryAfterMs }: Failure): UnaryResponse {
  const headers = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
  return errorResponse(code, message, headers)
}

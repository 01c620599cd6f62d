import { codeOfStatus, type Status } from '@dispatch/protocol'
import { CallResultSchema, create, encodeCallResult } from '@dispatch/protocol/messages'

/** An encoded `CallResult` with a status and an error. */
export function errorResult(status: Status, message: string, type: string = status): Uint8Array {
  return encodeCallResult(
    create(CallResultSchema, { status: codeOfStatus(status), error: { type, message } }),
  )
}

/** Of a call that expired. Its status is `timeout`. */
export const EXPIRED_RESULT = errorResult('timeout', 'the call expired before it was done', 'TimeoutError')

/** Of a call that was cancelled, by a client or because its parent began again. Its status is `permanent` (ADR 0006). */
export const CANCELED_RESULT = errorResult('permanent', 'the call was cancelled', 'CanceledError')

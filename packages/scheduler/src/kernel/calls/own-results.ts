import { CallResultSchema, create, encodeCallResult } from '@dispatch/protocol/messages'

/** An encoded `CallResult` with an error. */
export function errorResult(type: string, message: string): Uint8Array {
  return encodeCallResult(create(CallResultSchema, { error: { type, message } }))
}

/** Of a call that expired. Its status is `timeout`. */
export const EXPIRED_RESULT = errorResult('TimeoutError', 'the call expired before it was done')

/** Of a call that was cancelled, by a client or because its parent began again. Its status is `permanent` (ADR 0006). */
export const CANCELED_RESULT = errorResult('CanceledError', 'the call was cancelled')

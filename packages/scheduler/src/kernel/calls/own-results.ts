import { CallResultSchema, create, encodeCallResult } from '@dispatch/protocol/messages'

/** What a call ends with when the scheduler ends it. */
function resultOf(type: string, message: string): Uint8Array {
  return encodeCallResult(create(CallResultSchema, { error: { type, message } }))
}

/** Its time was up. Its status is `timeout`. */
export const EXPIRED_RESULT = resultOf('TimeoutError', 'the call expired before it was done')

/** Somebody cancelled it, or its parent began again. Its status is `permanent` (ADR 0006). */
export const CANCELED_RESULT = resultOf('CanceledError', 'the call was cancelled')

import { DispatchError, type FailureStatus, STATUSES, type Status } from '@dispatch/protocol'
import { isAggregateError, isError } from '@dispatch/protocol/text'

/** How deep causes and aggregates are followed. Deeper is a cycle or hostile. */
const CAUSE_DEPTH_MAX = 15

/**
 * Status of a run that ended with `error`, which was classified as `status`.
 *
 * The failure of another call is in the journal, so a repeated run meets it again, however temporary it was for that
 * call. For a handler that rethrows it, it is therefore final, and no reason to restart from the input either.
 */
export function statusOfThrown(error: unknown, status: Status): FailureStatus {
  if (status === 'ok') return 'permanent'
  return STATUSES[status].retry !== 'no' && isRecorded(error, 0) ? 'permanent' : status
}

function isRecorded(error: unknown, depth: number): boolean {
  if (depth > CAUSE_DEPTH_MAX || !isError(error)) return false
  if (error instanceof DispatchError) return error.dispatchId !== undefined
  if (isAggregateError(error)) {
    return error.errors.length > 0 && error.errors.every((inner) => isRecorded(inner, depth + 1))
  }
  return isRecorded(error.cause, depth + 1)
}

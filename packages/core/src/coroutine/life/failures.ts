import { DispatchError, type FailureStatus, STATUSES, type Status } from '@dispatch/protocol'
import { type CallResult, fromWireError, type WireError } from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'

/** How deep causes and aggregates are looked into. Deeper is a cycle or hostile. */
const CAUSE_DEPTH_MAX = 15

/** The failure that a handler sees when a call it awaits has failed; an output that cannot be read is one, too. */
export function failureOfResult({ dispatchId, output }: CallResult, error: WireError): unknown {
  try {
    return fromWireError(error, { dispatchId, ...(output !== undefined && { output: decodeValue(output) }) })
  } catch (problem) {
    return problem
  }
}

/**
 * Status of a run that ended with `error`, where `status` is what its class says.
 *
 * The failure of another call is in the journal: running again meets it again, however temporary it was when
 * that call still ran. So it is final for the one who rethrows it, and no reason to start from the input either.
 */
export function statusOfThrown(error: unknown, status: Status): FailureStatus {
  if (status === 'ok') return 'permanent'
  return STATUSES[status].retry !== 'no' && isRecorded(error, 0) ? 'permanent' : status
}

function isRecorded(error: unknown, depth: number): boolean {
  if (depth > CAUSE_DEPTH_MAX || !(error instanceof Error)) return false
  if (error instanceof DispatchError) return error.dispatchId !== undefined
  if (error instanceof AggregateError) {
    return error.errors.length > 0 && error.errors.every((inner) => isRecorded(inner, depth + 1))
  }
  return isRecorded(error.cause, depth + 1)
}

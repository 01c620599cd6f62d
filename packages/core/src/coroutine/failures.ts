import { create } from '@bufbuild/protobuf'
import {
  type CallResult,
  DispatchError,
  type DispatchErrorOptions,
  type FailureStatus,
  STATUSES,
  type Status,
  type WireError,
  WireErrorSchema,
} from '@dispatch/protocol'

const STATUS_BY_ERROR_NAME = new Map(
  (Object.keys(STATUSES) as Status[]).map((status) => [STATUSES[status].errorName as string, status]),
)

/** How deep causes and aggregates are looked into. Deeper is a cycle or hostile. */
const CAUSE_DEPTH_MAX = 15

/** The failure that a handler sees when a call it awaits has failed. */
export function failureOfResult(result: CallResult, error: WireError): DispatchError {
  return failureOf(error, {
    dispatchId: result.dispatchId,
    ...(result.output !== undefined && { output: result.output }),
  })
}

/**
 * The failure that an error on the wire stands for. It does not say its status; the name of one of our own
 * errors does, and everything else is `permanent` (conformance case R21).
 */
export function failureOf(error: WireError, options: DispatchErrorOptions = {}): DispatchError {
  const status = STATUS_BY_ERROR_NAME.get(error.type) ?? 'permanent'
  return new DispatchError(status === 'ok' ? 'permanent' : status, error.message, {
    ...options,
    ...(error.type !== '' && { name: error.type }),
    ...(error.traceback.length > 0 && { remoteStack: new TextDecoder().decode(error.traceback) }),
  })
}

/** What is told to others about a thrown value: its name, message and stack (conformance cases E17, R22). */
export function wireErrorOf(error: unknown): WireError {
  if (!(error instanceof Error)) return create(WireErrorSchema, { type: 'Error', message: textOf(error) })
  return create(WireErrorSchema, {
    type: textOf(error.name) || 'Error',
    message: textOf(error.message),
    traceback: new TextEncoder().encode(textOf(error.stack)),
  })
}

/**
 * Status of a run that ended with `error`, where `status` is what its class says.
 *
 * The failure of another call is in the journal: running again meets it again, however temporary it was when
 * that call still ran. So it is final for the one who rethrows it.
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

/** Never throws, whatever a hostile `toString` does. */
function textOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'a value that has no text'
  }
}

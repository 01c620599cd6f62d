import { DispatchError, type FailureStatus, type Status } from '@dispatch/protocol'

/** Placeholder until the classification of native errors is there. */
export function classify(
  error: unknown,
  unknownErrorStatus: FailureStatus,
): { status: FailureStatus; retryAfterMs?: number } {
  return { status: error instanceof DispatchError ? error.status : unknownErrorStatus }
}
export function statusOfOutput(_output: unknown): Status {
  return 'ok'
}

import { DispatchError, type FailureStatus, type Status } from '@dispatch/protocol'
import { type Any, AnySchema, isMessage, type RunResponse } from '@dispatch/protocol/messages'
import type { FunctionDefinition } from '../definition/function-definition.js'
import { isTailCall } from '../definition/tail-call.js'
import type { End } from '../life/life.js'
import { failureResponse, outputResponse, refusalResponse, tailCallResponse } from './responses.js'
import { statusOfThrown } from './thrown-status.js'

/** Classifies what handlers return and throw. */
export interface Classification {
  /** Status of what a handler threw. */
  readonly classify: (
    error: unknown,
    unknownErrorStatus: FailureStatus,
  ) => { readonly status: Status; readonly retryAfterMs?: number | undefined }
  /** Status of what a handler returned. */
  readonly statusOfOutput: (output: unknown) => Status
}

/** The response of a run in which the coroutine ended. Never throws, whatever the handler returned or threw. */
export function responseOfEnd(end: End, definition: FunctionDefinition, by: Classification): RunResponse {
  switch (end.kind) {
    case 'returned':
      return responseOfOutput(end.value, definition, by)
    case 'threw':
      return responseOfError(end.error, definition, by)
    case 'incompatible':
      return refusalResponse('incompatible_state', end.message)
    case 'aborted':
      return responseOfAbort(end.reason)
    case 'discarded':
      return refusalResponse('temporary', 'the coroutine was discarded during its run')
  }
}

function responseOfOutput(value: unknown, definition: FunctionDefinition, by: Classification): RunResponse {
  if (isTailCall(value)) return tailCallResponse(value.call)
  try {
    return outputResponse(by.statusOfOutput(value), definition.encodeOutput(value))
  } catch (error) {
    return responseOfError(error, definition, by)
  }
}

function responseOfError(error: unknown, definition: FunctionDefinition, by: Classification): RunResponse {
  try {
    if (isTailCall(error)) return tailCallResponse(error.call)
    const { status, retryAfterMs } = by.classify(error, definition.unknownErrorStatus)
    const output = encodeErrorOutput(definition, error)
    return failureResponse(statusOfThrown(error, status), error, { output, retryAfterMs })
  } catch {
    // Even reading the thrown value threw.
    return failureResponse('permanent', error)
  }
}

/** The output that an error carries: already encoded, or as a value of the function's output. */
function encodeErrorOutput(definition: FunctionDefinition, error: unknown): Any | undefined {
  if (!(error instanceof DispatchError) || error.output === undefined) return undefined
  if (isMessage(error.output, AnySchema)) return error.output
  try {
    return definition.encodeOutput(error.output)
  } catch {
    return undefined
  }
}

/** An expired call has timed out. A run that was aborted for another reason is to be repeated. */
function responseOfAbort(reason: unknown): RunResponse {
  if (reason instanceof DispatchError) return failureResponse(reason.status, reason)
  return failureResponse('temporary', new DispatchError('temporary', 'aborted', { cause: reason }))
}

import { DispatchError, type FailureStatus, type Status } from '@dispatch/protocol'
import { type Any, AnySchema, isMessage, type RunResponse } from '@dispatch/protocol/messages'
import type { FunctionDefinition } from '../definition/function-definition.js'
import { isTailCall } from '../definition/tail-call.js'
import type { End } from '../life/coroutine-exchange.js'
import { statusOfThrown } from '../life/failures.js'
import { failureResponse, outputResponse, refusalResponse, tailCallResponse } from './responses.js'

/** What says how a handler's end is to be taken. */
export interface Classification {
  /** Status of what a handler threw. */
  readonly classify: (
    error: unknown,
    unknownErrorStatus: FailureStatus,
  ) => { readonly status: Status; readonly retryAfterMs?: number | undefined }
  /** Status of what a handler returned. */
  readonly statusOfOutput: (output: unknown) => Status
}

/** The answer of a run in which the coroutine ended. Never throws, whatever the handler gave. */
export function responseOfEnd(end: End, definition: FunctionDefinition, by: Classification): RunResponse {
  switch (end.kind) {
    case 'returned':
      return responseOfOutput(end.value, definition, by)
    case 'threw':
      return responseOfError(end.error, definition, by)
    case 'incompatible':
      return refusalResponse('incompatible_state', end.message)
    case 'aborted':
      return abortedResponse(end.reason)
    case 'discarded':
      return refusalResponse('temporary', 'the coroutine was given up during its run')
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
    const output = outputOf(definition, error)
    return failureResponse(statusOfThrown(error, status), error, { output, retryAfterMs })
  } catch {
    // Even looking at the thrown value threw.
    return failureResponse('permanent', error)
  }
}

/** The output that an error carries beside itself: as it is on the wire, or as a value of the function's output. */
function outputOf(definition: FunctionDefinition, error: unknown): Any | undefined {
  if (!(error instanceof DispatchError) || error.output === undefined) return undefined
  if (isMessage(error.output, AnySchema)) return error.output
  try {
    return definition.encodeOutput(error.output)
  } catch {
    return undefined
  }
}

/** An expired call has timed out; a run that was aborted for another reason is to be made again. */
function abortedResponse(reason: unknown): RunResponse {
  if (reason instanceof DispatchError) return failureResponse(reason.status, reason)
  return failureResponse('temporary', new DispatchError('temporary', 'aborted', { cause: reason }))
}

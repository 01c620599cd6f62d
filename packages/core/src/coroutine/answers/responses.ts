import { codeOfStatus, DispatchError, type FailureStatus, type Status } from '@dispatch/protocol'
import {
  type Any,
  type Call,
  CallResultSchema,
  create,
  durationFromMs,
  ExitSchema,
  type RunResponse,
  RunResponseSchema,
  toWireError,
} from '@dispatch/protocol/messages'

/** The response of a run whose handler returned. A status other than `ok` comes with the output, not with an error. */
export function outputResponse(status: Status, output: Any | undefined): RunResponse {
  const result = create(CallResultSchema)
  if (output !== undefined) result.output = output
  return create(RunResponseSchema, {
    status: codeOfStatus(status),
    directive: { case: 'exit', value: create(ExitSchema, { result }) },
  })
}

/** The response of a run that failed. */
export function failureResponse(
  status: FailureStatus,
  error: unknown,
  more: { readonly output?: Any | undefined; readonly retryAfterMs?: number | undefined } = {},
): RunResponse {
  const response = outputResponse(status, more.output)
  const exit = response.directive.case === 'exit' ? response.directive.value : undefined
  if (exit?.result !== undefined) exit.result.error = toWireError(error)
  if (more.retryAfterMs !== undefined) response.retryAfter = durationFromMs(Math.ceil(more.retryAfterMs))
  return response
}

/** The response of a run that this package refused, or could not carry out. */
export function refusalResponse(status: FailureStatus, message: string): RunResponse {
  return failureResponse(status, new DispatchError(status, message))
}

/** The response of a run that is continued by another call (conformance case X25). */
export function tailCallResponse(call: Call): RunResponse {
  return create(RunResponseSchema, {
    status: codeOfStatus('ok'),
    directive: { case: 'exit', value: create(ExitSchema, { tailCall: call }) },
  })
}

/** Nothing was done: the run is to be repeated, and needs the journal. */
export function needsJournalResponse(): RunResponse {
  return create(RunResponseSchema, { status: codeOfStatus('ok'), journalWanted: true })
}

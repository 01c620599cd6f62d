import { codeOfStatus, DispatchError, type FailureStatus, type Status } from '@dispatch/protocol'
import { POLL_RESULTS_MAX, POLL_WAIT_MS_DEFAULT, POLL_WAIT_MS_MIN } from '@dispatch/protocol/bounds'
import {
  type Any,
  type Call,
  CallResultSchema,
  create,
  durationFromMs,
  ExitSchema,
  PollSchema,
  type RunResponse,
  RunResponseSchema,
  toWireError,
} from '@dispatch/protocol/messages'
import type { Suspension } from '../life/coroutine-exchange.js'

/** The answer of a run whose handler returned. A status other than `ok` goes with the output, not with an error. */
export function outputResponse(status: Status, output: Any | undefined): RunResponse {
  const result = create(CallResultSchema)
  if (output !== undefined) result.output = output
  return create(RunResponseSchema, {
    status: codeOfStatus(status),
    directive: { case: 'exit', value: create(ExitSchema, { result }) },
  })
}

/** The answer of a run that failed. */
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

/** The answer of a run that failed for a reason of ours. */
export function refusalResponse(status: FailureStatus, message: string): RunResponse {
  return failureResponse(status, new DispatchError(status, message))
}

/** The answer of a run that goes on as another call (conformance case X25). */
export function tailCallResponse(call: Call): RunResponse {
  return create(RunResponseSchema, {
    status: codeOfStatus('ok'),
    directive: { case: 'exit', value: create(ExitSchema, { tailCall: call }) },
  })
}

/** Nothing was done: the run is to be repeated with the journal. */
export function journalWantedResponse(): RunResponse {
  return create(RunResponseSchema, { status: codeOfStatus('ok'), journalWanted: true })
}

/**
 * The answer of a run that suspended its call.
 *
 * @param journalEntry - For a scheduler of our kind, which keeps the journal; it also resumes by itself for more
 *   calls, waits without limit, and knows times below a second. Others need to be asked for less.
 */
export function pollResponse(
  suspension: Suspension,
  state: Any,
  journalEntry: Uint8Array | undefined,
  nowMs: number,
): RunResponse {
  const { calls, openCalls, isGather, hasMoreCalls } = suspension
  const isPlain = journalEntry === undefined
  const waitsForAll = isGather && !hasMoreCalls
  const poll = create(PollSchema, {
    state: { case: 'typedCoroutineState', value: state },
    calls,
    maxResults: clampResults(openCalls),
    minResults: waitsForAll ? clampResults(openCalls) : 1,
    wakeOnFailure: isGather,
    moreCalls: hasMoreCalls,
  })
  if (journalEntry !== undefined) poll.journalEntry = journalEntry
  const maxWaitMs = isPlain ? plainWaitMs(suspension, nowMs) : waitMs(suspension, nowMs)
  if (maxWaitMs !== undefined) poll.maxWait = durationFromMs(maxWaitMs)
  return create(RunResponseSchema, { status: codeOfStatus('ok'), directive: { case: 'poll', value: poll } })
}

/** At least 1: 0 means no limit. */
function waitMs({ dueAtMs }: Suspension, nowMs: number): number | undefined {
  return dueAtMs === undefined ? undefined : Math.max(1, Math.ceil(dueAtMs - nowMs))
}

function plainWaitMs(suspension: Suspension, nowMs: number): number {
  if (suspension.hasMoreCalls) return POLL_WAIT_MS_MIN
  return Math.max(POLL_WAIT_MS_MIN, waitMs(suspension, nowMs) ?? POLL_WAIT_MS_DEFAULT)
}

function clampResults(count: number): number {
  return Math.min(Math.max(1, count), POLL_RESULTS_MAX)
}

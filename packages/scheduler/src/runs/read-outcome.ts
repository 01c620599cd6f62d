import { codeOfStatus, type RunOutcome, statusOfCode } from '@dispatch/protocol'
import { POLL_RESULTS_MAX } from '@dispatch/protocol/bounds'
import {
  type Call,
  type CallResult,
  CallResultSchema,
  create,
  type Exit,
  encodeCallResult,
  type Poll,
  type RunResponse,
  WireErrorSchema,
} from '@dispatch/protocol/messages'
import { millisecondsOf, newCallOf, problemIn, problemOf } from '../calls/validate-calls.js'
import { errorResult } from '../kernel/calls/own-results.js'
import type { Outcome, PolledCall } from '../kernel/events/events.js'
import { RETRY_AFTER_MS_MAX } from '../kernel/state/retry-policy.js'
import { encodePollState } from './poll-state.js'

/** Most calls of one Poll. Our endpoints split more over several Polls; other endpoints receive an error. */
export const POLL_CALLS_MAX = 10_000

/** Status numbers of the wire. */
const UNSPECIFIED = 0
const OK = codeOfStatus('ok')

/** Reads the answer of an endpoint. Never throws: an invalid answer is a failure of the endpoint. */
export function readOutcome(outcome: RunOutcome, hadJournal: boolean): Outcome {
  if (outcome.kind === 'response') return readResponse(outcome.response, hadJournal)
  return {
    kind: 'failure',
    source: outcome.source,
    statusCode: codeOfStatus(outcome.status),
    result: errorResult(outcome.status, outcome.message),
    retryAfterMs: Math.min(outcome.retryAfterMs ?? 0, RETRY_AFTER_MS_MAX),
  }
}

function readResponse(response: RunResponse, hadJournal: boolean): Outcome {
  if (response.journalWanted) {
    return hadJournal
      ? invalid('journal_wanted: expected false for a run that was sent with its journal, got true')
      : { kind: 'needs-journal' }
  }
  const { directive } = response
  if (directive.case === 'exit' && directive.value.tailCall !== undefined) {
    return readTailCall(response, directive.value.tailCall)
  }
  if (directive.case === 'poll' && (response.status === OK || response.status === UNSPECIFIED)) {
    return readPoll(directive.value)
  }
  return readExit(response, directive.case === 'exit' ? directive.value : undefined)
}

/** A tail call is made whatever the status says (conformance case Q17). */
function readTailCall(response: RunResponse, call: Call): Outcome {
  const problem = problemOf(call, { endpointRequired: false })
  if (problem !== undefined) return invalid(`exit.tail_call.${problem}`)
  return { kind: 'tail-call', statusCode: response.status, call: newCallOf(call) }
}

/**
 * The end of a call. Without a result it is a success without output (Q19); a failure without an error gets one that names its
 * status, beside the output it may have (Q15); an unknown status number means `permanent` (Q26).
 */
function readExit(response: RunResponse, exit: Exit | undefined): Outcome {
  const given = exit?.result
  const hasError = given?.error !== undefined
  let statusCode: number = response.status
  if (statusCode === UNSPECIFIED && exit !== undefined && !hasError) statusCode = OK
  if (statusCode !== OK) statusCode = codeOfStatus(statusOfCode(statusCode))
  else if (hasError) statusCode = codeOfStatus('permanent')
  const result: CallResult = create(CallResultSchema)
  if (statusCode !== OK) result.status = statusCode
  if (given?.output !== undefined) result.output = given.output
  if (given?.error !== undefined) result.error = given.error
  else if (statusCode !== OK) {
    result.error = create(WireErrorSchema, { type: 'status', message: statusOfCode(statusCode) })
  }
  return {
    kind: 'exit',
    statusCode,
    result: encodeCallResult(result),
    retryAfterMs: Math.min(millisecondsOf(response.retryAfter), RETRY_AFTER_MS_MAX),
  }
}

/** A Poll with a problem makes none of its calls; the coroutine receives the problem as `PollResult.error`. */
function readPoll(poll: Poll): Outcome {
  const problem = pollProblem(poll)
  const maxWaitMs = Math.max(0, millisecondsOf(poll.maxWait))
  return {
    kind: 'poll',
    state: encodePollState(poll.state),
    calls: problem === undefined ? poll.calls.map(polledCallOf) : [],
    minResults: poll.moreCalls ? 0 : Math.max(1, poll.minResults),
    maxResults: Math.min(Math.max(1, poll.maxResults), POLL_RESULTS_MAX),
    maxWaitMs,
    wakeOnFailure: poll.wakeOnFailure,
    journalEntry: poll.journalEntry,
    ...(problem !== undefined && { refusal: errorResult('invalid_argument', problem) }),
  }
}

function pollProblem(poll: Poll): string | undefined {
  const { minResults, maxResults, calls } = poll
  if (maxResults < 1 || maxResults > POLL_RESULTS_MAX) {
    return `poll.max_results: expected 1 to ${POLL_RESULTS_MAX}, got ${maxResults}`
  }
  if (minResults < 0 || minResults > POLL_RESULTS_MAX) {
    return `poll.min_results: expected 1 to ${POLL_RESULTS_MAX}, got ${minResults}`
  }
  if (calls.length > POLL_CALLS_MAX) {
    return `poll.calls: expected at most ${POLL_CALLS_MAX} calls, got ${calls.length}; split them over several polls`
  }
  return problemIn(calls, 'poll.calls', { endpointRequired: false })
}

function polledCallOf(call: Call): PolledCall {
  return { correlationId: call.correlationId, call: newCallOf(call) }
}

function invalid(message: string): Outcome {
  return {
    kind: 'exit',
    statusCode: codeOfStatus('invalid_response'),
    result: errorResult('invalid_response', message),
    retryAfterMs: 0,
  }
}

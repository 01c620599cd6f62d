import { codeOfStatus } from '@dispatch/protocol'
import { POLL_RESULTS_MAX, POLL_WAIT_MS_DEFAULT, POLL_WAIT_MS_MIN } from '@dispatch/protocol/bounds'
import {
  type Any,
  create,
  durationFromMs,
  PollSchema,
  type RunResponse,
  RunResponseSchema,
} from '@dispatch/protocol/messages'
import type { Suspension } from '../life/coroutine-exchange.js'

/**
 * The response of a run that suspended its call.
 *
 * @param journalEntry - For a scheduler of this project, which keeps the journal. It also resumes automatically to get
 *   more calls, waits without a limit, and supports times below a second; other schedulers are asked for less.
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

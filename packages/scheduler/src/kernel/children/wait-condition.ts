import type { WaitCondition } from '../../store/store.js'
import type { PollOutcome } from '../events/events.js'
import { type CallNode, REFUSED } from '../node/call-node.js'
import type { KernelState } from '../state/kernel-state.js'
import { makeDue } from '../state/transitions.js'

/** Resumes a suspended call if it need not wait, and otherwise sets the timer that does (K5). */
export function resumeOrWait(kernel: KernelState, node: CallNode): void {
  const { untilMs } = node.progress.wait
  if (isReady(node, kernel.nowMs)) makeDue(kernel, node)
  else if (untilMs > 0) kernel.timers.add(untilMs, node)
}

/** Whether a suspended call is resumed at `nowMs` (K5). */
export function isReady({ progress }: CallNode, nowMs: number): boolean {
  const { wait, inbox, openChildren } = progress
  const { minResults, wakeOnFailure, untilMs } = wait
  if (minResults === REFUSED || minResults === 0) return true
  if (untilMs > 0 && nowMs >= untilMs) return true
  if (wakeOnFailure && inbox.failures > 0) return true
  const undelivered = inbox.entries.length
  const possible = undelivered + openChildren.size
  if (possible === 0) return untilMs === 0
  return undelivered >= Math.min(minResults, possible)
}

/** The condition on which a call waits after this Poll. */
export function waitOf(poll: PollOutcome, nowMs: number): WaitCondition {
  return {
    minResults: poll.refusal === undefined ? poll.minResults : REFUSED,
    maxResults: poll.maxResults,
    wakeOnFailure: poll.wakeOnFailure,
    untilMs: poll.maxWaitMs > 0 ? nowMs + poll.maxWaitMs : 0,
  }
}

import type { PollOutcome } from '../events/events.js'
import { type CallNode, REFUSED } from '../node/call-node.js'
import type { KernelState } from '../state/kernel-state.js'
import { makeDue } from '../state/transitions.js'

/** Resumes a suspended call if it need not wait, and otherwise sets the timer that does (K5). */
export function resumeOrWait(kernel: KernelState, node: CallNode): void {
  const { untilMs } = node.progress
  if (isReady(node, kernel.nowMs)) makeDue(kernel, node)
  else if (untilMs > 0) kernel.timers.add(untilMs, node)
}

/** Whether a suspended call is resumed at `nowMs` (K5). */
export function isReady({ progress }: CallNode, nowMs: number): boolean {
  const { minResults, wakeOnFailure, untilMs, inbox, openChildren } = progress
  if (minResults === REFUSED || minResults === 0) return true
  if (untilMs > 0 && nowMs >= untilMs) return true
  if (wakeOnFailure && inbox.failures > 0) return true
  const undelivered = inbox.entries.length
  const possible = undelivered + openChildren.size
  if (possible === 0) return untilMs === 0
  return undelivered >= Math.min(minResults, possible)
}

/** Sets the condition on which a call waits after this Poll. */
export function setWaitCondition(node: CallNode, poll: PollOutcome, nowMs: number): void {
  const progress = node.changeProgress()
  progress.minResults = poll.refusal === undefined ? poll.minResults : REFUSED
  progress.maxResults = poll.maxResults
  progress.wakeOnFailure = poll.wakeOnFailure
  progress.untilMs = poll.maxWaitMs > 0 ? nowMs + poll.maxWaitMs : 0
}

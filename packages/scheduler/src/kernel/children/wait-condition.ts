import type { WaitCondition } from '../../store/store.js'
import type { Outcome } from '../events.js'
import { type CallNode, REFUSED } from '../node/call-node.js'

/** Whether a suspended call goes on at `nowMs` (K5). */
export function isReady(node: CallNode, nowMs: number): boolean {
  const { minResults, wakeOnFailure, untilMs } = node.wait
  if (minResults === REFUSED || minResults === 0) return true
  if (untilMs > 0 && nowMs >= untilMs) return true
  if (wakeOnFailure && node.inboxFailures > 0) return true
  const undelivered = node.results.length
  const possible = undelivered + node.openChildren
  if (possible === 0) return untilMs === 0
  return undelivered >= Math.min(minResults, possible)
}

/** What a call waits for that has suspended itself by this Poll. */
export function waitOf(poll: Extract<Outcome, { kind: 'poll' }>, nowMs: number): WaitCondition {
  return {
    minResults: poll.minResults,
    maxResults: poll.maxResults,
    wakeOnFailure: poll.wakeOnFailure,
    untilMs: poll.maxWaitMs > 0 ? nowMs + poll.maxWaitMs : 0,
  }
}

import type { CallRecord } from './store.js'

/**
 * The latest time recorded in these calls, in epoch milliseconds; 0 for none. It ensures that after a restart no call
 * waits longer than its whole delay.
 */
export function timeSeenIn(calls: readonly CallRecord[]): number {
  return calls.reduce((seenMs, { progressAtMs }) => Math.max(seenMs, progressAtMs), 0)
}

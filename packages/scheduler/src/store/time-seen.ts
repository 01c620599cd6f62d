import type { CallRecord } from './store.js'

/**
 * The latest time of which these calls tell, in epoch milliseconds; 0 for none. With it no call waits longer after a
 * restart than it was to wait as a whole.
 */
export function timeSeenIn(calls: readonly CallRecord[]): number {
  return calls.reduce((seenMs, { progressAtMs }) => Math.max(seenMs, progressAtMs), 0)
}

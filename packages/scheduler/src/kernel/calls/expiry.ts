import type { NewCall } from '../events/events.js'

/**
 * When a call made at `nowMs` expires; 0: never.
 *
 * @param boundMs - A time by which it expires in any case: that of its parent, or of the call that it replaces; 0: none.
 */
export function expiryOf(call: NewCall, nowMs: number, boundMs: number): number {
  const own = call.expirationMs > 0 ? nowMs + call.expirationMs : 0
  if (own === 0) return boundMs
  return boundMs === 0 ? own : Math.min(own, boundMs)
}

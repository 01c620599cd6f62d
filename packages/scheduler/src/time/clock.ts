import { clearTimeout, setTimeout, systemMonotonicMs, systemNowMs } from '@dispatch/protocol/time'
/** The source of time for this package. A simulation passes its own. */
export interface Clock {
  /** Epoch milliseconds. May jump. */
  nowMs(): number
  /** Milliseconds of a monotonic clock, which setting the system clock does not affect. */
  monotonicMs(): number
  /** Calls `action` once, `delayMs` from now; the returned function cancels that. */
  after(delayMs: number, action: () => void): () => void
}

/** The longest delay of a Node.js timer; longer ones would fire immediately. */
export const TIMER_MS_MAX = 2 ** 31 - 1

/** The only code in this package that reads time or sets a timer. */
export const SYSTEM_CLOCK: Clock = {
  nowMs: systemNowMs,
  monotonicMs: systemMonotonicMs,
  after(delayMs, action) {
    const timer = setTimeout(action, Math.min(Math.ceil(delayMs), TIMER_MS_MAX))
    return () => clearTimeout(timer)
  },
}

/** Resolves `delayMs` from now. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve)
  })
}

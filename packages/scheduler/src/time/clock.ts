import { clearTimeout, setTimeout, systemMonotonicMs, systemNowMs } from '@dispatch/protocol/time'
/** Time, as everything in this package sees it. A simulation passes its own. */
export interface Clock {
  /** Epoch milliseconds. May jump, as clocks do. */
  nowMs(): number
  /** Milliseconds since any moment, at the pace of time whatever the clock is set to. */
  monotonicMs(): number
  /** Calls `action` once, `delayMs` from now; the function it returns takes that back. */
  after(delayMs: number, action: () => void): () => void
}

/** The longest delay that Node's timers know; longer ones would fire at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1

/** The only place in this package that reads time or sets a timer. */
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

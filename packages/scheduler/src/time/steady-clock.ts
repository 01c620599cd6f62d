import type { Clock } from './clock.js'

/**
 * The time of a scheduler: the system clock's, but never going backwards. A call due in five minutes is due in five
 * minutes even when the clock is set back by an hour in between.
 *
 *  T1 The time is the clock's as long as that goes forward. A clock that is set forward is followed, so that calls that
 *     became due while the machine was asleep are due.
 *  T2 When the clock is set back, time continues from its latest reading at the pace of the monotonic clock until the
 *     clock has caught up.
 *  T3 After a restart, time continues no earlier than the latest time in the store (`startFrom`): the clock may have been
 *     set back in between, or not have been set yet, as on a machine without a battery.
 */
export class SteadyClock implements Clock {
  readonly #clock: Clock
  /** The last reading, and its monotonic time. */
  #readMs = Number.NEGATIVE_INFINITY
  #readAtMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nowMs(): number {
    const clockMs = this.#clock.nowMs()
    const monotonicMs = this.#clock.monotonicMs()
    const steadyMs = this.#readMs + (monotonicMs - this.#readAtMs)
    if (clockMs < steadyMs) return Math.floor(steadyMs)
    this.#readMs = clockMs
    this.#readAtMs = monotonicMs
    return clockMs
  }

  /** Continues from `seenMs` if the clock is behind. Returns by how many milliseconds it is behind; 0 if it is not. */
  startFrom(seenMs: number): number {
    const behindMs = seenMs - this.nowMs()
    if (behindMs <= 0) return 0
    this.#readMs = seenMs
    this.#readAtMs = this.#clock.monotonicMs()
    return behindMs
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs()
  }

  after(delayMs: number, action: () => void): () => void {
    return this.#clock.after(delayMs, action)
  }
}

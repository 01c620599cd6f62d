import type { Clock } from './clock.js'

/**
 * The time that a scheduler goes by: the clock's, but never backwards. What is due in five minutes is due in five
 * minutes, also when the clock is set back by an hour in between.
 *
 *  T1 The time is the clock's as long as that goes forwards. A clock that is set forwards is followed: after a
 *     machine has slept, what has become due is due.
 *  T2 When the clock is set back, time goes on from its latest reading at the pace of the monotonic clock, until
 *     the clock has caught up.
 *  T3 After a restart time goes on no earlier than what the store has seen (`startFrom`): the clock may have been
 *     set back in between, or not have been set yet, as on a machine without a battery.
 */
export class SteadyClock implements Clock {
  readonly #clock: Clock
  /** A reading, and when it was taken. */
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

  /** Lets time go on from here if the clock is behind. Returns by how many milliseconds it is; 0 when it is not. */
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

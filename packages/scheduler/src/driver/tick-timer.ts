import type { Clock } from '../time/clock.js'

/** Longest time between two ticks: the wall clock may be set while a timer runs. */
const TICK_MS_MAX = 30_000

/** Calls `onTick` when the kernel has something due. */
export class TickTimer {
  readonly #clock: Clock
  readonly #onTick: () => void
  /** When the timer fires; -Infinity once it is stopped. */
  #atMs = Number.POSITIVE_INFINITY
  #cancel: (() => void) | undefined

  constructor(clock: Clock, onTick: () => void) {
    this.#clock = clock
    this.#onTick = onTick
  }

  /** @param atMs - Epoch milliseconds at which the next tick is due; `Infinity`: none. */
  set(atMs: number): void {
    if (atMs >= this.#atMs) return
    this.#cancel?.()
    this.#atMs = atMs
    const delayMs = Math.min(Math.max(0, atMs - this.#clock.nowMs()), TICK_MS_MAX)
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#atMs = Number.POSITIVE_INFINITY
      this.#onTick()
    })
  }

  /** For good. */
  stop(): void {
    this.#cancel?.()
    this.#atMs = Number.NEGATIVE_INFINITY
  }
}

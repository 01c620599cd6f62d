import type { Clock } from '../../dist/time/clock.js'

/** A clock that a test advances, with a wall time that the test can set. */
export class ManualClock implements Clock {
  wallMs = 1_718_000_000_000
  #monotonicMs = 0.25
  #timers: { atMs: number; action: () => void }[] = []

  nowMs(): number {
    return this.wallMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { atMs: this.#monotonicMs + delayMs, action }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Advances the time, and fires the timers that become due, in order. */
  pass(ms: number): void {
    const untilMs = this.#monotonicMs + ms
    for (;;) {
      const [timer] = this.#timers.sort((a, b) => a.atMs - b.atMs)
      if (timer === undefined || timer.atMs > untilMs) break
      this.#timers.shift()
      this.#advanceTo(timer.atMs)
      timer.action()
    }
    this.#advanceTo(untilMs)
  }

  #advanceTo(atMs: number): void {
    this.wallMs += atMs - this.#monotonicMs
    this.#monotonicMs = atMs
  }
}

import { TimerHeap } from '../../../packages/scheduler/dist/kernel/state/timer-heap.js'
import type { Clock } from '../../../packages/scheduler/dist/time/clock.js'

/** More turns of the event loop than anything takes that comes to an end. */
const TURNS_MAX = 20_000

/** Time that passes only when {@link advance} says so, and a wall clock on top of it that may be wrong. */
export class VirtualClock {
  readonly #timers = new TimerHeap<() => void>()
  #trueMs = 0
  #offsetMs = 1_700_000_000_000
  /** Grows with everything that is set to happen: nothing stirs while it stands still. */
  activity = 0
  /** The wall clock was set: differences between its readings mean nothing any more. */
  hasJumped = false

  /** Milliseconds since the beginning of the world. */
  get trueMs(): number {
    return this.#trueMs
  }

  get wallMs(): number {
    return this.#trueMs + this.#offsetMs
  }

  /** Sets the wall clock forwards or backwards. */
  jump(byMs: number): void {
    this.#offsetMs += byMs
    this.hasJumped = true
  }

  /** Calls `action` once, `delayMs` of true time from now. */
  after(delayMs: number, action: () => void): () => void {
    this.activity += 1
    let isCanceled = false
    this.#timers.add(this.#trueMs + Math.max(0, delayMs), () => {
      if (!isCanceled) action()
    })
    return () => {
      isCanceled = true
    }
  }

  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, resolve)
    })
  }

  /** Goes to the next thing that is set to happen, and lets it. `false`: there is nothing. */
  advance(): boolean {
    const atMs = this.#timers.nextAtMs
    if (atMs === Number.POSITIVE_INFINITY) return false
    this.#trueMs = Math.max(this.#trueMs, atMs)
    this.activity += 1
    this.#timers.takeDue(this.#trueMs)?.()
    return true
  }

  /** The clock as a process sees it that may be gone when a timer fires. */
  of(process: { readonly isAlive: boolean }): Clock {
    return {
      nowMs: () => this.wallMs,
      monotonicMs: () => this.trueMs,
      after: (delayMs, action) =>
        this.after(delayMs, () => {
          if (process.isAlive) action()
        }),
    }
  }

  /**
   * Resolves when nothing stirs: several turns of the event loop in which nothing was begun. `false`: something does
   * for ever without any time passing.
   */
  async quiet(): Promise<boolean> {
    let seen = this.activity
    for (let turns = 0, still = 0; still < 6; turns += 1) {
      if (turns > TURNS_MAX) return false
      await new Promise((resolve) => setImmediate(resolve))
      still = this.activity === seen ? still + 1 : 0
      seen = this.activity
    }
    return true
  }
}

import { TimerHeap } from '../../../packages/scheduler/dist/kernel/state/timer-heap.js'
import type { Clock } from '../../../packages/scheduler/dist/time/clock.js'

/** More turns of the event loop than any terminating activity takes. */
const TURNS_MAX = 20_000

/** Time that passes only by {@link advance}, with a wall clock on top that may be wrong. */
export class VirtualClock {
  readonly #timers = new TimerHeap<() => void>()
  #trueMs = 0
  #offsetMs = 1_700_000_000_000
  /** Incremented for everything that is scheduled: while it is constant, nothing happens. */
  activity = 0
  /** The wall clock was set: differences between its readings are meaningless. */
  hasJumped = false

  /** Milliseconds since the start of the world. */
  get trueMs(): number {
    return this.#trueMs
  }

  get wallMs(): number {
    return this.#trueMs + this.#offsetMs
  }

  /** Sets the wall clock forward or back. */
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

  /** Advances to the next scheduled action and runs it. Returns `false` when there is none. */
  advance(): boolean {
    const atMs = this.#timers.nextAtMs
    if (atMs === Number.POSITIVE_INFINITY) return false
    this.#trueMs = Math.max(this.#trueMs, atMs)
    this.activity += 1
    this.#timers.takeDue(this.#trueMs)?.()
    return true
  }

  /** The clock of a process, whose timers do not fire after its end. */
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
   * Resolves when nothing was scheduled for several turns of the event loop; with `false` when activity does not end
   * although no time passes.
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

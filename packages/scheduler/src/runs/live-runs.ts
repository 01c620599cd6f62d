import { DispatchError } from '@dispatch/protocol'
import type { RunEffect } from '../kernel/events/events.js'
import type { Clock } from '../time/clock.js'
import { Run } from './run.js'

/**
 * The runs under way, each with its time limit. One timer serves all of them, and looks at every run when it fires: under
 * load thousands begin and end per second, and hardly one comes near its limit.
 */
export class LiveRuns {
  readonly #clock: Clock
  readonly #runs = new Map<number, Run>()
  #timerAtMs = Number.POSITIVE_INFINITY
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#runs.size
  }

  begin(effect: RunEffect): Run {
    const run = new Run(effect)
    this.#runs.set(effect.run, run)
    return run
  }

  /** @param number - `run` of its effect. */
  get(number: number): Run | undefined {
    return this.#runs.get(number)
  }

  /** Starts the time limit of a run: it is aborted with `timeout` in `limitMs`. */
  limit(run: Run, limitMs: number): void {
    run.limitMs = limitMs
    run.deadlineMs = this.#clock.monotonicMs() + limitMs
    this.#checkAt(run.deadlineMs)
  }

  end({ effect }: Run): void {
    this.#runs.delete(effect.run)
    if (this.#runs.size === 0) this.#stopTimer()
  }

  abortAll(reason: DispatchError): void {
    for (const run of this.#runs.values()) run.abort(reason)
  }

  #checkAt(atMs: number): void {
    if (atMs >= this.#timerAtMs) return
    this.#stopTimer()
    this.#timerAtMs = atMs
    this.#cancelTimer = this.#clock.after(atMs - this.#clock.monotonicMs(), () => this.#abortLate())
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#timerAtMs = Number.POSITIVE_INFINITY
  }

  #abortLate(): void {
    this.#cancelTimer = undefined
    this.#timerAtMs = Number.POSITIVE_INFINITY
    const nowMs = this.#clock.monotonicMs()
    let nextMs = Number.POSITIVE_INFINITY
    for (const run of this.#runs.values()) {
      if (run.aborted) continue
      if (run.deadlineMs > nowMs) nextMs = Math.min(nextMs, run.deadlineMs)
      else run.abort(new DispatchError('timeout', `the run took longer than ${run.limitMs} ms`))
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#checkAt(nextMs)
  }
}

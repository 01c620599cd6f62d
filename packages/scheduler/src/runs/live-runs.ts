import { DispatchError, RunAborter } from '@dispatch/protocol'
import type { Clock } from '../time/clock.js'

/** A run that goes on. */
export class LiveRun extends RunAborter {
  /** How long it may take, from when its endpoint was asked. */
  limitMs = 0
  /** Monotonic; none as long as it waits for what it needs. */
  deadlineMs = Number.POSITIVE_INFINITY
}

/**
 * The runs that go on, each with its time limit. One timer for all of them, which looks at every run when it fires: under
 * load thousands begin and end in a second, and hardly one comes near its limit.
 */
export class LiveRuns {
  readonly #clock: Clock
  readonly #runs = new Map<number, LiveRun>()
  #timerAtMs = Number.POSITIVE_INFINITY
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#runs.size
  }

  begin(run: number): LiveRun {
    const live = new LiveRun()
    this.#runs.set(run, live)
    return live
  }

  get(run: number): LiveRun | undefined {
    return this.#runs.get(run)
  }

  /** Aborts the run with `timeout` once it has taken so long from now. */
  limit(live: LiveRun, limitMs: number): void {
    live.limitMs = limitMs
    live.deadlineMs = this.#clock.monotonicMs() + limitMs
    this.#wakeAt(live.deadlineMs)
  }

  end(run: number): void {
    this.#runs.delete(run)
    if (this.#runs.size === 0) this.#stopTimer()
  }

  abortAll(reason: DispatchError): void {
    for (const live of this.#runs.values()) live.abort(reason)
  }

  #wakeAt(atMs: number): void {
    if (atMs >= this.#timerAtMs) return
    this.#stopTimer()
    this.#timerAtMs = atMs
    this.#cancelTimer = this.#clock.after(atMs - this.#clock.monotonicMs(), () => this.#look())
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#timerAtMs = Number.POSITIVE_INFINITY
  }

  #look(): void {
    this.#cancelTimer = undefined
    this.#timerAtMs = Number.POSITIVE_INFINITY
    const nowMs = this.#clock.monotonicMs()
    let nextMs = Number.POSITIVE_INFINITY
    for (const live of this.#runs.values()) {
      if (live.aborted) continue
      if (live.deadlineMs > nowMs) nextMs = Math.min(nextMs, live.deadlineMs)
      else live.abort(new DispatchError('timeout', `the run took longer than ${live.limitMs} ms`))
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#wakeAt(nextMs)
  }
}

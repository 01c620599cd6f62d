import { DispatchError, linkAbort, RunAborter, type RunSignal } from '@dispatch/protocol'
import { clearTimeout, setTimeout } from '@dispatch/protocol/time'

/** A run in progress. */
export interface TrackedRun {
  readonly signal: RunSignal
  /** Aborts its signal; the run is in progress until `end`. */
  abort(reason: unknown): void
  end(): void
}

/**
 * Tracks the runs in progress in this process, so that it can shut down in order.
 *
 * Rules.
 *  RT1 Runs are accepted until `drain`, and not after it.
 *  RT2 `drain` gives runs the grace time to end, then aborts their signals, and resolves when all have ended.
 *  RT3 The signal of a run also aborts with the signal that the run was started with.
 */
export class RunTracker {
  readonly #runs = new Set<RunAborter>()
  #isDraining = false
  #onIdle: (() => void) | undefined

  /** Whether {@link drain} was called. */
  get isDraining(): boolean {
    return this.#isDraining
  }

  /** Runs in progress. */
  get count(): number {
    return this.#runs.size
  }

  /** Begins a run, which is in progress until its `end` is called. */
  begin(): TrackedRun {
    const signal = new RunAborter()
    this.#runs.add(signal)
    return {
      signal,
      abort: (reason) => signal.abort(reason),
      end: () => {
        this.#runs.delete(signal)
        if (this.#runs.size === 0) this.#onIdle?.()
      },
    }
  }

  /** Carries out a run with a signal of its own. */
  async track<T>(signal: RunSignal | undefined, run: (signal: RunSignal) => Promise<T>): Promise<T> {
    const own = this.begin()
    const unlink = linkAbort(signal, own.abort)
    try {
      return await run(own.signal)
    } finally {
      unlink()
      own.end()
    }
  }

  /** Accepts no more runs. Resolves when those in progress have ended. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true
    if (this.#runs.size === 0) return
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    const timer = setTimeout(() => {
      const reason = new DispatchError('temporary', 'the process is shutting down')
      for (const run of this.#runs) run.abort(reason)
    }, graceMs)
    await idle
    clearTimeout(timer)
  }
}

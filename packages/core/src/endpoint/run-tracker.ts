import { DispatchError, RunAborter, type RunSignal } from '@dispatch/protocol'

/** A run that goes on. */
export interface TrackedRun {
  readonly signal: RunSignal
  /** Aborts its signal; the run goes on until `end`. */
  abort(reason: unknown): void
  end(): void
}

/**
 * Knows the runs that go on in this process, so that it can shut down in order.
 *
 * Rules.
 *  RT1 Until `drain` every run is taken; after that none.
 *  RT2 `drain` lets runs end by themselves for the grace time, then aborts their signals, and resolves when all have ended.
 *  RT3 A run's signal aborts also with the signal it came with.
 */
export class RunTracker {
  readonly #runs = new Set<RunAborter>()
  #isDraining = false
  #onIdle: (() => void) | undefined

  /** Whether no more runs are taken. */
  get isDraining(): boolean {
    return this.#isDraining
  }

  /** Runs that go on. */
  get count(): number {
    return this.#runs.size
  }

  /** Begins a run, which goes on until its `end` is called. */
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
    const abort = () => own.abort(signal?.reason)
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort)
    try {
      return await run(own.signal)
    } finally {
      signal?.removeEventListener('abort', abort)
      own.end()
    }
  }

  /** Takes no more runs. Resolves when the ones that go on have ended. */
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

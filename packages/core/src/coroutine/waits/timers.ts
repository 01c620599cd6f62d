import { handledRejection } from './promises.js'
import { StepPromise } from './step-promise.js'

interface Timer {
  readonly untilMs: number
  readonly promise: StepPromise<void>
  readonly fire: () => void
  readonly fail: (error: unknown) => void
}

/** The open timers of a coroutine, by step. */
export class Timers {
  readonly #timers = new Map<number, Timer>()

  get size(): number {
    return this.#timers.size
  }

  /** When the earliest is due; `undefined` when there is none. */
  get dueAtMs(): number | undefined {
    let dueAtMs: number | undefined
    for (const { untilMs } of this.#timers.values()) {
      if (dueAtMs === undefined || untilMs < dueAtMs) dueAtMs = untilMs
    }
    return dueAtMs
  }

  /** Resolves when the timer is fired. */
  set(step: number, untilMs: number): StepPromise<void> {
    let fire!: () => void
    let fail!: (error: unknown) => void
    const promise = new StepPromise<void>((resolve, reject) => {
      fire = resolve
      fail = reject
    })
    this.#timers.set(step, { untilMs, promise, fire, fail })
    return promise
  }

  /** Steps of the due timers, ordered by time and then by step. */
  dueSteps(nowMs: number): number[] {
    const due: { step: number; untilMs: number }[] = []
    for (const [step, { untilMs }] of this.#timers) if (untilMs <= nowMs) due.push({ step, untilMs })
    return due.sort((a, b) => a.untilMs - b.untilMs || a.step - b.step).map(({ step }) => step)
  }

  fire(step: number): void {
    const timer = this.#timers.get(step)
    this.#timers.delete(step)
    timer?.fire()
  }

  /** Rejects all of them. */
  failAll(error: unknown): void {
    for (const { promise, fail } of this.#timers.values()) {
      handledRejection(promise)
      fail(error)
    }
    this.#timers.clear()
  }
}

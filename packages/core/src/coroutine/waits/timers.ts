/** The open timers of a coroutine, by step. */
export class Timers {
  readonly #timers = new Map<number, { readonly untilMs: number; readonly fire: () => void }>()

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
  set(step: number, untilMs: number): Promise<void> {
    return new Promise((fire) => {
      this.#timers.set(step, { untilMs, fire })
    })
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
}

import { setImmediate } from '@dispatch/protocol/time'

/**
 * Waits for a macrotask turn without activity: resolves after a turn without a {@link touch}, if `isQuiet` returns true
 * at its beginning and at its end. If it returns false, the next touch starts another turn.
 */
export class TurnWatch {
  readonly done: Promise<void>
  readonly #isQuiet: () => boolean
  #resolve!: () => void
  #touches = 0
  #touchesBefore = 0
  #isTurnAhead = false
  #turns = 0

  constructor(isQuiet: () => boolean) {
    this.#isQuiet = isQuiet
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
    // Most handlers end without a step: the end of a turn would come too late for them, and cost more than they do.
    if (isQuiet()) this.#awaitTurn()
  }

  /** Turns that have ended. */
  get turns(): number {
    return this.#turns
  }

  /** Reports activity. */
  touch(): void {
    // In this order: what begins together with this may follow a turn later, so a second turn has to pass as well.
    if (!this.#isTurnAhead) this.#awaitTurn()
    this.#touches += 1
  }

  /** Resolves at once. */
  end(): void {
    this.#resolve()
  }

  #awaitTurn(): void {
    this.#isTurnAhead = true
    this.#touchesBefore = this.#touches
    // Imported, because tests of an application may have replaced the global by a fake.
    setImmediate(() => this.#afterTurn())
  }

  #afterTurn(): void {
    this.#isTurnAhead = false
    this.#turns += 1
    if (this.#touches !== this.#touchesBefore) this.#awaitTurn()
    else if (this.#isQuiet()) this.#resolve()
  }
}

import { setImmediate } from 'node:timers'

/**
 * Waits until nothing happens any more: resolves after a macrotask turn without a {@link touch}, if `isQuiet`
 * says at its beginning and at its end that there is nothing to wait for. If not, the next touch is waited for.
 */
export class TurnWatch {
  readonly done: Promise<void>
  readonly #isQuiet: () => boolean
  #resolve!: () => void
  #touches = 0
  #touchesBefore = 0
  #isTurnAhead = false

  constructor(isQuiet: () => boolean) {
    this.#isQuiet = isQuiet
    this.done = new Promise((resolve) => {
      this.#resolve = resolve
    })
    // Most handlers end without a step: a turn's end would come too late for them, and cost more than they do.
    if (isQuiet()) this.#awaitTurn()
  }

  /** Something happened. */
  touch(): void {
    // What else is begun together with this comes into the next turn: that has to pass, too.
    if (!this.#isTurnAhead) this.#awaitTurn()
    this.#touches += 1
  }

  /** Ends the wait at once. */
  end(): void {
    this.#resolve()
  }

  #awaitTurn(): void {
    this.#isTurnAhead = true
    this.#touchesBefore = this.#touches
    // Imported, not the global: a user's tests may have replaced that by a fake.
    setImmediate(() => this.#afterTurn())
  }

  #afterTurn(): void {
    this.#isTurnAhead = false
    if (this.#touches !== this.#touchesBefore) this.#awaitTurn()
    else if (this.#isQuiet()) this.#resolve()
  }
}

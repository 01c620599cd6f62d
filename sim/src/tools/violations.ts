/**
 * The invariants of every world.
 *
 * I1 An acknowledged call is recorded, and eventually done.
 * I2 A call gets exactly one final status, and does not change afterwards.
 * I3 Runs of one call are recorded in order, none twice: no outcome of an older run is accepted.
 * I4 A parent receives each child's result exactly once.
 * I5 The result equals that of an execution without faults.
 * I6 Limits are respected: attempts, concurrency, results per run, expiration.
 * I7 A run never starts before its call is durable, unless the endpoint shares the process (D4).
 * I8 A world without faults comes to rest.
 * I9 Pruned trees leave nothing behind.
 * I10 A client that waits for a result receives what the store has.
 * I11 A call whose cancellation was acknowledged is done.
 * I12 No starvation: a call does not wait longer than its turn.
 * I13 A call in the kernel changes only into states that follow its present one.
 */
export class Violation extends Error {
  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`)
    this.name = 'Violation'
  }
}

/** Collects violations and the transitions that led to them. */
export class Log {
  readonly violations: Violation[] = []
  readonly lines: string[] = []
  readonly #isVerbose: boolean
  readonly #nowMs: () => number

  constructor(nowMs: () => number, isVerbose: boolean) {
    this.#nowMs = nowMs
    this.#isVerbose = isVerbose
  }

  say(line: string): void {
    if (this.#isVerbose) this.lines.push(`${this.#nowMs().toFixed(1).padStart(10)} ${line}`)
  }

  violate(invariant: string, message: string): void {
    this.violations.push(new Violation(invariant, message))
    this.say(`VIOLATION ${invariant}: ${message}`)
  }
}

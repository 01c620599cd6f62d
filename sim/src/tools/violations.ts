/**
 * What must hold in every world.
 *
 * I1 A call that was acknowledged is recorded, and in the end it is done.
 * I2 A call gets exactly one final status, and nothing about it changes afterwards.
 * I3 Runs of one call are recorded in their order, none twice: no answer of an older run is accepted.
 * I4 A parent receives each child's result exactly once.
 * I5 The result is that of an execution without faults.
 * I6 Limits are kept: attempts, concurrency, results per run, expiration.
 * I7 A run never begins before its call is durable, unless the endpoint shares the process (D4).
 * I8 A world without faults comes to rest.
 * I9 Nothing is left of trees that are done and pruned.
 * I10 Who waits for a result is told what the store says.
 * I11 A call whose cancellation was acknowledged is done.
 * I12 Nobody starves: a call waits no longer than its turn.
 * I13 A call in the kernel changes only into states that follow its present one.
 */
export class Violation extends Error {
  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`)
    this.name = 'Violation'
  }
}

/** Collects what went wrong, and the transitions that led there. */
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

import { STATUSES, type Status } from '@dispatch/protocol'

const STATUS_NAMES = Object.keys(STATUSES) as Status[]

/** Counts how the runs of one function ended. */
export class RunTally {
  readonly #ended = new Map<Status, number>()
  #suspended = 0

  /** @param status - Of the run; `undefined` when the run suspended its call. */
  count(status: Status | undefined): void {
    if (status === undefined) this.#suspended += 1
    else this.#ended.set(status, (this.#ended.get(status) ?? 0) + 1)
  }

  /** Runs that ended with a status, in the order of the table; statuses that never occurred are left out. */
  get ended(): Partial<Record<Status, number>> {
    const names = STATUS_NAMES.filter((name) => this.#ended.has(name))
    return Object.fromEntries(names.map((name) => [name, this.#ended.get(name)]))
  }

  get suspended(): number {
    return this.#suspended
  }
}

/** Ids of calls that have ended and are remembered; about 1 MB. */
const REMEMBERED_MAX = 10_000

/** Every UUID version 7 (RFC 9562) made before the year 2527 is below this. */
export const UUIDV7_BELOW = '1'

/**
 * The calls that have ended recently, and with them which ids are in use, mostly without a look into the store.
 *
 *  E1 A call that has ended and whose end is not durable yet is in use, even if the store does not have its record.
 *  E2 An id below {@link UUIDV7_BELOW} and above all that were ever forgotten here, or were in the store at the start, is free
 *     unless its call is live or remembered. For any other id the store has to be asked. Ids that clients make are UUIDs
 *     version 7 and grow with time, so nearly all of them are free by this rule.
 */
export class EndedCalls {
  /** Tenants of the calls whose end is not durable yet, by id. */
  readonly #undurable = new Map<string, string>()
  /** Those whose end is durable, in two halves: the older one is forgotten as a whole, for deleting one by one is slow. */
  #newer = new Map<string, string>()
  #older = new Map<string, string>()
  #highestForgotten = ''

  /** @param highestId - The highest id below {@link UUIDV7_BELOW} in the store. */
  startAbove(highestId: string): void {
    this.#highestForgotten = highestId
  }

  /** A call has ended. */
  add(id: string, tenant: string): void {
    this.#undurable.set(id, tenant)
  }

  /** The end of the call is durable. @param isRoot - Whether it was dispatched: ids of children cannot be submitted. */
  markDurable(id: string, tenant: string, isRoot: boolean): void {
    this.#undurable.delete(id)
    if (!isRoot) return
    this.#newer.set(id, tenant)
    if (this.#newer.size < REMEMBERED_MAX / 2) return
    for (const old of this.#older.keys()) this.#highestForgotten = higherOf(old, this.#highestForgotten)
    this.#older = this.#newer
    this.#newer = new Map()
  }

  /** Calls have been deleted, and only the store knows which: their ids are free again. */
  forgetAll(): void {
    for (const half of [this.#newer, this.#older])
      for (const id of half.keys()) this.#highestForgotten = higherOf(id, this.#highestForgotten)
    this.#newer = new Map()
    this.#older = new Map()
  }

  /** The tenant of a call that has ended and whose end is not durable yet. */
  undurableTenantOf(id: string): string | undefined {
    return this.#undurable.get(id)
  }

  /** The tenant of a call that has ended and is remembered. */
  tenantOf(id: string): string | undefined {
    return this.#undurable.get(id) ?? this.#newer.get(id) ?? this.#older.get(id)
  }

  /** Whether a call that has ended has this id; `undefined` when only the store can tell. */
  isUsed(id: string): boolean | undefined {
    if (this.#undurable.has(id) || this.#newer.has(id) || this.#older.has(id)) return true
    return id < UUIDV7_BELOW && id > this.#highestForgotten ? false : undefined
  }
}

/** The higher of two ids, where those to which E2 does not apply are lowest. */
function higherOf(id: string, highest: string): string {
  return id < UUIDV7_BELOW && id > highest ? id : highest
}

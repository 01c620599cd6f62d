/** Ids of calls that have ended and are remembered; about 1 MB. */
const REMEMBERED_MAX = 10_000

/** Every UUID version 7 (RFC 9562) made before the year 2527 is below this. */
export const UUIDV7_BELOW = '1'

/**
 * The calls that have ended of late, and with them which ids are in use, mostly without a look into the store.
 *
 *  E1 A call that has ended and whose end is not durable yet is known, even if the store has never heard of it.
 *  E2 An id below {@link UUIDV7_BELOW} that is above all that were ever forgotten here, or are in the store from before, is
 *     free unless its call goes on or is remembered. Of any other the store has to be asked. Ids that clients make are
 *     versions 7 and grow with time, so nearly all are free by this rule.
 */
export class EndedCalls {
  /** Tenants of the calls whose end is not durable yet, by id. */
  readonly #undurable = new Map<string, string>()
  /** Of those whose end is durable, in two halves: the older one is forgotten at once, for taking out one by one is slow. */
  #newer = new Map<string, string>()
  #older = new Map<string, string>()
  #highestForgotten = ''

  /** @param highestId - The highest id below {@link UUIDV7_BELOW} in the store. */
  startAbove(highestId: string): void {
    this.#highestForgotten = highestId
  }

  ended(id: string, tenant: string): void {
    this.#undurable.set(id, tenant)
  }

  /** @param isTop - Whether the call was dispatched. Nobody can ask for the id of a child. */
  durable(id: string, tenant: string, isTop: boolean): void {
    this.#undurable.delete(id)
    if (!isTop) return
    this.#newer.set(id, tenant)
    if (this.#newer.size < REMEMBERED_MAX / 2) return
    for (const old of this.#older.keys()) this.#highestForgotten = highestOf(old, this.#highestForgotten)
    this.#older = this.#newer
    this.#newer = new Map()
  }

  /** Calls have been deleted, and which ones only the store knows: their ids are free again. */
  forget(): void {
    for (const half of [this.#newer, this.#older])
      for (const id of half.keys()) this.#highestForgotten = highestOf(id, this.#highestForgotten)
    this.#newer = new Map()
    this.#older = new Map()
  }

  /** Whose call it is that has ended and whose end is not durable yet. */
  tenantOf(id: string): string | undefined {
    return this.#undurable.get(id)
  }

  /** Whose call it is that has ended and is remembered. */
  ownerOf(id: string): string | undefined {
    return this.#undurable.get(id) ?? this.#newer.get(id) ?? this.#older.get(id)
  }

  /** Whether a call that does not go on has this id; `undefined` when only the store knows. */
  isUsed(id: string): boolean | undefined {
    if (this.#undurable.has(id) || this.#newer.has(id) || this.#older.has(id)) return true
    return id < UUIDV7_BELOW && id > this.#highestForgotten ? false : undefined
  }
}

/** Of the ids that E2 speaks of. */
function highestOf(id: string, highest: string): string {
  return id < UUIDV7_BELOW && id > highest ? id : highest
}

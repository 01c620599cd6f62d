/** What a {@link KeyLimits} needs to know of a call. */
export interface Keyed {
  /** Empty: no limit by key. */
  readonly concurrencyKey: string
  readonly concurrencyKeyMax: number
}

/**
 * Fixed limits per key within one function: how many calls of a customer, a file, a shop may run at one time. A call
 * whose key is used up steps aside, so that it does not hold up those behind it.
 */
export class KeyLimits<T extends Keyed> {
  readonly #keys = new Map<string, { inFlight: number; readonly aside: Set<T> }>()
  #asideCount = 0

  /** Calls that have stepped aside. */
  get asideCount(): number {
    return this.#asideCount
  }

  /** Whether the call may run; if not, it has stepped aside until {@link release} gives it back. */
  admits(item: T): boolean {
    const key = this.#keys.get(item.concurrencyKey)
    if (item.concurrencyKey === '' || key === undefined || key.inFlight < item.concurrencyKeyMax) return true
    key.aside.add(item)
    this.#asideCount += 1
    return false
  }

  take({ concurrencyKey }: T): void {
    if (concurrencyKey === '') return
    const key = this.#keys.get(concurrencyKey)
    if (key === undefined) this.#keys.set(concurrencyKey, { inFlight: 1, aside: new Set() })
    else key.inFlight += 1
  }

  /** A call of the key has run. Returns the one that stepped aside first, which is to queue again. */
  release(item: T): T | undefined {
    const key = this.#keys.get(item.concurrencyKey)
    if (key === undefined) return undefined
    key.inFlight -= 1
    return this.passOn(item)
  }

  /**
   * A call that queued will not run after all. It may be one that queued again, and nobody else would wake those who are
   * still aside: returns the first of them, which is to queue in its place.
   */
  passOn({ concurrencyKey }: T): T | undefined {
    const key = this.#keys.get(concurrencyKey)
    for (const next of key?.aside ?? []) {
      this.withdraw(next)
      return next
    }
    if (key?.inFlight === 0) this.#keys.delete(concurrencyKey)
    return undefined
  }

  /** Forgets a call that stepped aside. */
  withdraw(item: T): void {
    if (this.#keys.get(item.concurrencyKey)?.aside.delete(item)) this.#asideCount -= 1
  }
}

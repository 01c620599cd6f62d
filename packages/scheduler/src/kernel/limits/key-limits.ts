/** An item of {@link KeyLimits}. */
export interface Keyed {
  /** Empty: no limit by key. */
  readonly concurrencyKey: string
  readonly concurrencyKeyMax: number
}

/**
 * Fixed limits per key within one function, for example on the concurrent runs for one customer, file or shop. A call whose
 * key is at its limit is set aside, so that the calls behind it can run.
 */
export class KeyLimits<T extends Keyed> {
  readonly #keys = new Map<string, { inFlight: number; readonly setAside: Set<T> }>()
  #setAsideCount = 0

  /** Calls that are set aside. */
  get setAsideCount(): number {
    return this.#setAsideCount
  }

  /** Whether the call may run now. If not, it is set aside until {@link release} or {@link passOn} returns it. */
  admit(item: T): boolean {
    const key = this.#keys.get(item.concurrencyKey)
    if (item.concurrencyKey === '' || key === undefined || key.inFlight < item.concurrencyKeyMax) return true
    key.setAside.add(item)
    this.#setAsideCount += 1
    return false
  }

  /** A run of the call begins. */
  take({ concurrencyKey }: T): void {
    if (concurrencyKey === '') return
    const key = this.#keys.get(concurrencyKey)
    if (key === undefined) this.#keys.set(concurrencyKey, { inFlight: 1, setAside: new Set() })
    else key.inFlight += 1
  }

  /** A run of the call has ended. Returns the call of its key that was set aside first, which is to be queued again. */
  release(item: T): T | undefined {
    const key = this.#keys.get(item.concurrencyKey)
    if (key === undefined) return undefined
    key.inFlight -= 1
    return this.passOn(item)
  }

  /**
   * A queued call is withdrawn. If {@link release} had returned it, no other event would queue the calls that are still set
   * aside: returns the first of them, which is to be queued in its place.
   */
  passOn({ concurrencyKey }: T): T | undefined {
    const key = this.#keys.get(concurrencyKey)
    for (const next of key?.setAside ?? []) {
      this.withdraw(next)
      return next
    }
    if (key?.inFlight === 0) this.#keys.delete(concurrencyKey)
    return undefined
  }

  /** Removes a call that was set aside. */
  withdraw(item: T): void {
    if (this.#keys.get(item.concurrencyKey)?.setAside.delete(item)) this.#setAsideCount -= 1
  }
}

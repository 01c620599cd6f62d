/**
 * Items ordered by the time at which they are due; items due at the same time come out in the order in which they were added.
 * Entries cannot be deleted one by one: the owner ignores stale ones when they come out, and drops them together when there
 * are many ({@link keepOnly}).
 *
 * Three arrays instead of one of objects: 24 bytes per entry, where an object with its boxed number takes 72.
 */
export class TimerHeap<T> {
  readonly #atMs: number[] = []
  readonly #orders: number[] = []
  readonly #items: T[] = []
  #order = 0

  get size(): number {
    return this.#items.length
  }

  /** Epoch milliseconds of the earliest entry; `Infinity` when there is none. */
  get nextAtMs(): number {
    return this.#atMs[0] ?? Number.POSITIVE_INFINITY
  }

  add(atMs: number, item: T): void {
    const order = this.#order++
    let index = this.#items.length
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      if (this.#isBefore(parentIndex, atMs, order)) break
      this.#copy(parentIndex, index)
      index = parentIndex
    }
    this.#set(index, atMs, order, item)
  }

  /** Removes and returns the earliest item that is due at `nowMs`. */
  takeDue(nowMs: number): T | undefined {
    if (!(this.nextAtMs <= nowMs)) return undefined
    const first = this.#items[0] as T
    const atMs = this.#atMs.pop() as number
    const order = this.#orders.pop() as number
    const item = this.#items.pop() as T
    if (this.#items.length > 0) this.#sink(atMs, order, item)
    return first
  }

  /** Drops the entries for which `isCurrent` is false. Takes time that grows with the number of entries. */
  keepOnly(isCurrent: (atMs: number, item: T) => boolean): void {
    const kept = this.#items.flatMap((item, index) => {
      const atMs = this.#atMs[index] as number
      return isCurrent(atMs, item) ? [{ atMs, order: this.#orders[index] as number, item }] : []
    })
    // A sorted list is a heap.
    kept.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
    for (const list of [this.#atMs, this.#orders, this.#items]) list.length = kept.length
    for (const [index, { atMs, order, item }] of kept.entries()) this.#set(index, atMs, order, item)
  }

  /** Moves an entry from the top to its position. */
  #sink(atMs: number, order: number, item: T): void {
    const size = this.#items.length
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= size) break
      const right = child + 1
      if (right < size && this.#isBefore(right, this.#atMs[child] as number, this.#orders[child] as number)) {
        child = right
      }
      if (!this.#isBefore(child, atMs, order)) break
      this.#copy(child, index)
      index = child
    }
    this.#set(index, atMs, order, item)
  }

  #isBefore(index: number, atMs: number, order: number): boolean {
    const ownAtMs = this.#atMs[index] as number
    return ownAtMs < atMs || (ownAtMs === atMs && (this.#orders[index] as number) < order)
  }

  #copy(from: number, to: number): void {
    this.#set(to, this.#atMs[from] as number, this.#orders[from] as number, this.#items[from] as T)
  }

  #set(index: number, atMs: number, order: number, item: T): void {
    this.#atMs[index] = atMs
    this.#orders[index] = order
    this.#items[index] = item
  }
}

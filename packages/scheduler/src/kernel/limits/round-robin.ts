/**
 * A queue that contains each item at most once. Every operation takes constant time: taking the first item of a `Set` does
 * not, when those before it were deleted.
 */
export class RoundRobin<T> {
  readonly #items = new Set<T>()
  /** Is past the items that were taken. */
  #iterator = this.#items.values()

  get size(): number {
    return this.#items.size
  }

  /** Adds an item at the end. An item that is already queued keeps its place. */
  add(item: T): void {
    this.#items.add(item)
  }

  delete(item: T): void {
    this.#items.delete(item)
  }

  /** Removes and returns the first item. */
  take(): T | undefined {
    if (this.#items.size === 0) return undefined
    let next = this.#iterator.next()
    if (next.done) {
      // The iterator had reached the end before the present items were added.
      this.#iterator = this.#items.values()
      next = this.#iterator.next()
    }
    this.#items.delete(next.value as T)
    return next.value
  }
}

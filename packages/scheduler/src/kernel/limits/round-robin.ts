/**
 * Those who wait for their turn, each once, the longest first. Each operation takes the same time, however many wait: the first
 * of a `Set` does not, when those before it were taken out.
 */
export class Turns<T> {
  readonly #waiting = new Set<T>()
  /** Stands behind those that were taken out. */
  #iterator = this.#waiting.values()

  get size(): number {
    return this.#waiting.size
  }

  /** Who waits already keeps its place. */
  add(item: T): void {
    this.#waiting.add(item)
  }

  delete(item: T): void {
    this.#waiting.delete(item)
  }

  /** Takes out the one that has waited longest. */
  take(): T | undefined {
    if (this.#waiting.size === 0) return undefined
    let next = this.#iterator.next()
    if (next.done) {
      // It has been at the end, and there are new ones.
      this.#iterator = this.#waiting.values()
      next = this.#iterator.next()
    }
    this.#waiting.delete(next.value as T)
    return next.value
  }
}

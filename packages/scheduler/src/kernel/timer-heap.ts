/** A thing that is due at a time. */
interface Timer<T> {
  readonly atMs: number
  readonly order: number
  readonly item: T
}

/**
 * Things by the time at which they are due; what is due at one time comes out in the order in which it was added.
 * Entries are never removed: the owner checks, when one comes out, whether it still means anything.
 */
export class TimerHeap<T> {
  readonly #heap: Timer<T>[] = []
  #order = 0

  get size(): number {
    return this.#heap.length
  }

  /** Epoch milliseconds of the earliest entry; `Infinity` when there is none. */
  get nextAtMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY
  }

  add(atMs: number, item: T): void {
    const heap = this.#heap
    const timer = { atMs, order: this.#order++, item }
    let index = heap.length
    heap.push(timer)
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex] as Timer<T>
      if (isBefore(parent, timer)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = timer
  }

  /** The earliest entry that is due at `nowMs`, taken out. */
  takeDue(nowMs: number): T | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (first === undefined || first.atMs > nowMs) return undefined
    const last = heap.pop() as Timer<T>
    if (heap.length > 0) this.#sink(last)
    return first.item
  }

  #sink(timer: Timer<T>): void {
    const heap = this.#heap
    let index = 0
    for (;;) {
      let childIndex = 2 * index + 1
      const left = heap[childIndex]
      if (left === undefined) break
      const right = heap[childIndex + 1]
      let child = left
      if (right !== undefined && isBefore(right, left)) {
        child = right
        childIndex += 1
      }
      if (isBefore(timer, child)) break
      heap[index] = child
      index = childIndex
    }
    heap[index] = timer
  }
}

function isBefore(a: Timer<unknown>, b: Timer<unknown>): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

import { FairQueue, type Queueable } from './fair-queue.js'

/** An item of a {@link PriorityQueue}. */
export interface Prioritized extends Queueable {
  /** Higher goes first. Does not change while the item is queued. */
  readonly priority: number
}

/** One fair queue per priority: a call waits only for calls of its own priority and of higher ones. */
export class PriorityQueue<T extends Prioritized> {
  /** By priority, the highest first. Nearly always there is only one. */
  readonly #levels: { readonly priority: number; readonly queue: FairQueue<T> }[] = []
  #size = 0

  /** Calls that wait. */
  get size(): number {
    return this.#size
  }

  push(item: T): void {
    this.#queueOf(item.priority).push(item)
    this.#size += 1
  }

  /** Removes an item; does nothing when it is not queued. */
  withdraw(item: T): void {
    if (!item.isQueued) return
    this.#queueOf(item.priority).withdraw(item)
    this.#size -= 1
  }

  /** The next item, which stays in the queue. */
  peek(): T | undefined {
    return this.#highest()?.peek()
  }

  /** Removes and returns the next item. */
  shift(): T | undefined {
    const item = this.#highest()?.shift()
    if (item !== undefined) this.#size -= 1
    return item
  }

  #highest(): FairQueue<T> | undefined {
    return this.#levels.find(({ queue }) => queue.size > 0)?.queue
  }

  #queueOf(priority: number): FairQueue<T> {
    const existing = this.#levels.find((level) => level.priority === priority)
    if (existing !== undefined) return existing.queue
    const level = { priority, queue: new FairQueue<T>() }
    this.#levels.push(level)
    this.#levels.sort((a, b) => b.priority - a.priority)
    return level.queue
  }
}

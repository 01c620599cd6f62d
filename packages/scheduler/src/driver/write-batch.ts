import type { Effect } from '../kernel/events.js'
import type { Write } from '../store/store.js'

/** What is to become durable together, and what is to happen then. */
export class WriteBatch {
  readonly writes: Write[] = []
  readonly #recorded = new Set<string>()
  /** Calls that it records and that are still to start before it is durable (rule D4 of driver.ts). */
  toStart = 0
  readonly effects: Effect[] = []
  readonly #waiting: {
    readonly resolve: () => void
    readonly reject: ((error: Error) => void) | undefined
  }[] = []

  add(write: Write): void {
    this.writes.push(write)
    if (write.kind === 'insert') this.#recorded.add(write.call.id)
  }

  /** Whether it is the one that records this call. */
  records(id: string): boolean {
    return this.#recorded.has(id)
  }

  get isEmpty(): boolean {
    return this.writes.length === 0 && this.effects.length === 0 && this.#waiting.length === 0
  }

  /** Calls `resolve` once what is in the batch is durable, or the store has failed for good; or `reject` before. */
  onDurable(resolve: () => void, reject?: (error: Error) => void): void {
    this.#waiting.push({ resolve, reject })
  }

  /** Keeps those who can be refused waiting no longer. The batch may become durable all the same. */
  refuse(error: Error): void {
    for (const { reject } of this.#waiting) reject?.(error)
  }

  acknowledge(): void {
    for (const { resolve } of this.#waiting) resolve()
  }
}

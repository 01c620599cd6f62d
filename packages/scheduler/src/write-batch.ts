import type { Effect } from './kernel/events.js'
import type { Write } from './store.js'

/** What is to become durable together, and what is to happen then. */
export class WriteBatch {
  readonly writes: Write[] = []
  readonly effects: Effect[] = []
  readonly #acknowledge: (() => void)[] = []

  get isEmpty(): boolean {
    return this.writes.length === 0 && this.effects.length === 0 && this.#acknowledge.length === 0
  }

  /** Calls `acknowledge` once what is in the batch is durable, or the store has failed for good. */
  onDurable(acknowledge: () => void): void {
    this.#acknowledge.push(acknowledge)
  }

  acknowledge(): void {
    for (const acknowledge of this.#acknowledge) acknowledge()
  }
}

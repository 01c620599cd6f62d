import type { Effect } from '../kernel/events/events.js'
import type { Write } from '../store/store.js'

/** Writes that become durable together, with the effects and acknowledgements that follow. */
export class WriteBatch {
  readonly writes: Write[] = []
  /** Ids of the calls that it inserts. */
  readonly #inserted = new Set<string>()
  /** Effects for calls that it inserts that are still to be performed before its commit (D4). */
  pendingStarts = 0
  readonly effects: Effect[] = []
  readonly #waiting: {
    readonly resolve: () => void
    readonly reject: ((error: Error) => void) | undefined
  }[] = []

  add(write: Write): void {
    this.writes.push(write)
    if (write.kind === 'insert') this.#inserted.add(write.call.id)
  }

  /** Whether this batch records the call for the first time. */
  inserts(id: string): boolean {
    return this.#inserted.has(id)
  }

  get isEmpty(): boolean {
    return this.writes.length === 0 && this.effects.length === 0 && this.#waiting.length === 0
  }

  /** Calls `resolve` once the batch is durable or the store has failed permanently, and `reject` when {@link refuse} comes first. */
  onDurable(resolve: () => void, reject?: (error: Error) => void): void {
    this.#waiting.push({ resolve, reject })
  }

  /** Rejects those that can be rejected. The batch may become durable later. */
  refuse(error: Error): void {
    for (const { reject } of this.#waiting) reject?.(error)
  }

  acknowledge(): void {
    for (const { resolve } of this.#waiting) resolve()
  }
}

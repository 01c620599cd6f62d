import type { Effect } from '../kernel/events/events.js'
import { turn } from './turn.js'
import type { WriteBatch } from './write-batch.js'

/**
 * Runs started without a pause: a quarter of a millisecond when they end at once. A pause costs a microsecond. With 32 runs, a
 * turn of the event loop took twice as long, and the requests of the application waited for it.
 */
const RUNS_PER_TURN = 12

/**
 * Cost of any other effect as a fraction of a run: it only notifies a waiter. Waiters over HTTP share a write of the
 * connection.
 */
const NOTIFY_COST = 0.2

/** Acknowledges durable batches and carries out their effects, a few per turn of the event loop (D2, D6). */
export class DurableEffects {
  readonly #perform: (effect: Effect) => void
  readonly #onIdle: () => void
  readonly #batches: WriteBatch[] = []
  #isBusy = false

  /** @param onIdle - Everything that was added is carried out. */
  constructor(perform: (effect: Effect) => void, onIdle: () => void) {
    this.#perform = perform
    this.#onIdle = onIdle
  }

  get isBusy(): boolean {
    return this.#isBusy
  }

  add(batch: WriteBatch): void {
    this.#batches.push(batch)
    if (!this.#isBusy) void this.#carryOut()
  }

  async #carryOut(): Promise<void> {
    this.#isBusy = true
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      batch.acknowledge()
      let cost = 0
      for (const effect of batch.effects) {
        if (cost >= RUNS_PER_TURN) {
          await turn()
          cost = 0
        }
        cost += effect.kind === 'run' ? 1 : NOTIFY_COST
        this.#perform(effect)
      }
    }
    this.#isBusy = false
    this.#onIdle()
  }
}

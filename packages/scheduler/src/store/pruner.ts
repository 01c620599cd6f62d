import type { Logger } from '@dispatch/protocol'
import type { Clock } from '../time/clock.js'
import type { Store } from './store.js'

/** Small, so that commits do not wait long behind it. */
const TREES_PER_STEP = 200

const INTERVAL_MS = 60_000

/** Deletes call trees whose retention time has passed. */
export class Pruner {
  readonly #store: Store
  readonly #clock: Clock
  readonly #retentionMs: number
  readonly #logger: Logger
  #cancelTimer: (() => void) | undefined
  readonly #onPruned: () => void
  #isStarted = false
  #isStopped = false

  /** @param onPruned - Called each time some have been deleted. */
  constructor(store: Store, clock: Clock, retentionMs: number, logger: Logger, onPruned: () => void) {
    this.#store = store
    this.#clock = clock
    this.#retentionMs = retentionMs
    this.#logger = logger
    this.#onPruned = onPruned
  }

  start(): void {
    this.#isStarted = true
    this.#cancelTimer = this.#clock.after(INTERVAL_MS, async () => {
      await this.prune()
      if (this.#isStarted) this.start()
    })
  }

  stop(): void {
    this.#isStarted = false
    this.#isStopped = true
    this.#cancelTimer?.()
  }

  /** Prunes in steps. Resolves with the number of trees; a failure is logged and ends the round. */
  async prune(): Promise<number> {
    let total = 0
    try {
      for (;;) {
        const trees = await this.#store.prune(this.#clock.nowMs() - this.#retentionMs, TREES_PER_STEP)
        total += trees
        if (trees > 0) this.#onPruned()
        if (trees < TREES_PER_STEP || this.#isStopped) return total
      }
    } catch (error) {
      // A store that is being closed refuses to prune.
      if (!this.#isStopped) this.#logger.error({ err: error }, 'pruning of done calls failed')
      return total
    }
  }
}

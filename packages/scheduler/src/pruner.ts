import type { Logger } from '@dispatch/protocol'
import type { Store } from './store.js'

/** Small, so that a commit never waits long behind it. */
const TREES_PER_STEP = 200

const INTERVAL_MS = 60_000

/** Deletes call trees that ended longer ago than they are kept. */
export class Pruner {
  readonly #store: Store
  readonly #nowMs: () => number
  readonly #retentionMs: number
  readonly #logger: Logger
  #timer: NodeJS.Timeout | undefined

  constructor(store: Store, nowMs: () => number, retentionMs: number, logger: Logger) {
    this.#store = store
    this.#nowMs = nowMs
    this.#retentionMs = retentionMs
    this.#logger = logger
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.prune(), INTERVAL_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Prunes what is due, step by step. Resolves with the number of trees; a failure is logged and ends the round. */
  async prune(): Promise<number> {
    let total = 0
    try {
      for (;;) {
        const trees = await this.#store.prune(this.#nowMs() - this.#retentionMs, TREES_PER_STEP)
        total += trees
        if (trees < TREES_PER_STEP) return total
      }
    } catch (error) {
      this.#logger.error({ err: error }, 'calls that are done could not be pruned')
      return total
    }
  }
}

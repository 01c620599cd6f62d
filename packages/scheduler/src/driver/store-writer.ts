import { DispatchError, type Logger } from '@dispatch/protocol'
import type { Store, Write } from '../store/store.js'
import { type Clock, pause } from '../time/clock.js'

/** Delays between attempts to write to a store that fails. */
const RETRY_MS = [50, 200, 1_000, 5_000]

/** A store that has not been able to write for this long cannot take new calls. */
const FAILING_MS_MAX = 2_000

export interface StoreWriterOptions {
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  /** The present commit has been failing for two seconds. */
  readonly onLate: (error: Error) => void
  /** The store has failed permanently, or while the process shuts down. */
  readonly onFailed: (error: unknown) => void
}

/** Writes one batch after the other to the store, and retries what failed temporarily (D5). */
export class StoreWriter {
  readonly #options: StoreWriterOptions
  /** Set once commits have been failing for two seconds, until one succeeds. */
  #failure: Error | undefined
  /** `stopped`: what fails is not retried. `closed`: nothing is written any more. */
  #phase: 'open' | 'stopped' | 'closed' = 'open'

  constructor(options: StoreWriterOptions) {
    this.#options = options
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  /** Retries no further. */
  stop(): void {
    if (this.#phase === 'open') this.#phase = 'stopped'
  }

  /** Writes no further. */
  close(): void {
    this.#phase = 'closed'
  }

  /** Resolves when the writes are durable, or will not be because the store has failed or the writer is closed. Never rejects. */
  async write(writes: readonly Write[]): Promise<void> {
    const { store, clock, logger, onLate, onFailed } = this.#options
    let cancelLate: (() => void) | undefined
    for (let attempt = 0; this.#phase !== 'closed'; attempt += 1) {
      try {
        await store.commit(writes)
        cancelLate?.()
        this.#failure = undefined
        return
      } catch (error) {
        if (this.#phase !== 'open' || (error as { status?: string }).status !== 'temporary') {
          cancelLate?.()
          onFailed(error)
          return
        }
        cancelLate ??= clock.after(FAILING_MS_MAX, () => {
          this.#failure = error as Error
          onLate(error as Error)
        })
        const delayMs = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] as number
        logger.error({ err: error, attempt: attempt + 1, delayMs }, 'the store cannot write; it is retried')
        await pause(clock, delayMs)
      }
    }
    cancelLate?.()
  }
}

/** New calls are refused: no commit has succeeded for two seconds. */
export function unavailableError(cause: Error): DispatchError {
  return new DispatchError(
    'temporary',
    `the store cannot record calls at present (${cause.message}); retry later`,
    {
      cause,
      retryAfterMs: 5_000,
    },
  )
}

/** A call that waits for its commit is not kept waiting longer. */
export function unconfirmedError(cause: Error): DispatchError {
  return new DispatchError(
    'timeout',
    `the store did not confirm the call in time (${cause.message}); it may still be recorded. Pass an id so that a retry cannot record it twice`,
    { cause },
  )
}

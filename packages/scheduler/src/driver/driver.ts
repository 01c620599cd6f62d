import type { Logger } from '@dispatch/protocol'
import { setImmediate } from '@dispatch/protocol/time'
import type { Effect, Event } from '../kernel/events/events.js'
import type { Kernel } from '../kernel/kernel.js'
import type { Store, Write } from '../store/store.js'
import type { Clock } from '../time/clock.js'
import { DurableEffects } from './durable-effects.js'
import { EarlyEffects } from './early-effects.js'
import { StoreWriter, unavailableError, unconfirmedError } from './store-writer.js'
import { TickTimer } from './tick-timer.js'
import { turn } from './turn.js'
import { WriteBatch } from './write-batch.js'

/**
 * Writes that are not durable yet, above which children wait for the commit after all: children that end at once could
 * otherwise make a commit that delays all others by seconds. A gather of 1,000 stays below it.
 */
const EARLY_WRITES_MAX = 2_500

/**
 * Writes for which a commit begins although effects are still to be carried out. Enough to share a sync, and few enough that
 * encoding them delays nothing.
 */
const COMMIT_WRITES = 256

export interface DriverOptions {
  readonly kernel: Kernel
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  /** Carries out an effect. Never throws. */
  readonly perform: (effect: Effect) => void
  /** Whether an effect may be carried out before the commit that decided it (D4). */
  readonly mayRunEarly: (effect: Effect) => boolean
  /** Receives writes when they are decided, before they are durable. */
  readonly onWrites: (writes: readonly Write[]) => void
  /** The store has refused a batch permanently: nothing can be promised any more. */
  readonly onBroken: (error: unknown) => void
}

/** What the driver does with the batch that it collects. */
type Phase =
  | { readonly kind: 'idle' }
  /** The commit loop begins in the next turn of the event loop. */
  | { readonly kind: 'scheduled' }
  /** The commit loop is between two writes. */
  | { readonly kind: 'collecting' }
  /** `batch` is being written; another one collects what is decided meanwhile. */
  | { readonly kind: 'writing'; readonly batch: WriteBatch }
  /** The store has failed permanently. */
  | { readonly kind: 'broken' }

/**
 * The loop between kernel and store.
 *
 * D1 One commit at a time. What is decided meanwhile forms the next batch.
 * D2 Effects and acknowledgements of a batch come after its commit, in the order of the events. A batch without writes
 *    waits for its turn all the same.
 * D3 A commit begins one turn of the event loop after the first event of its batch, so that events of one turn share a sync.
 * D4 One relaxation: a child that is run by an endpoint in this process may start before the commit that records it. Its id is
 *    decided, and nothing of it leaves the process before the commit; if the process dies, the parent makes the same child
 *    again. Its end may share the commit. A run is aborted at once, too: its slot is free already, and its answer is dropped.
 *    No child starts early while many writes are not durable. Below that, the commit waits for those of its own children that
 *    are about to start, so that a gather of 1,000 children that end at once is one commit of 1,000 rows. It does not wait
 *    for children that are recorded already: other calls wait for it, too.
 * D5 A commit that fails is retried until it succeeds; meanwhile nothing is acknowledged, and after two seconds waiters are
 *    rejected (`whenDurable`). When the store has failed permanently, or the process is shutting down, everything stops.
 * D6 Effects are carried out a few per turn of the event loop, so that the application in the same process can serve its own
 *    requests meanwhile.
 */
export class Driver {
  readonly #options: DriverOptions
  readonly #writer: StoreWriter
  readonly #earlyEffects: EarlyEffects
  readonly #durableEffects: DurableEffects
  readonly #timer: TickTimer
  /** Collects what is decided. */
  #batch = new WriteBatch()
  #phase: Phase = { kind: 'idle' }

  constructor(options: DriverOptions) {
    const { store, clock, logger, perform } = options
    this.#options = options
    this.#writer = new StoreWriter({
      store,
      clock,
      logger,
      onLate: (error) => this.#refuseWaiting(error),
      onFailed: (error) => this.break(error),
    })
    this.#earlyEffects = new EarlyEffects(perform)
    this.#durableEffects = new DurableEffects(perform, () => this.#schedule())
    this.#timer = new TickTimer(clock, () => this.submit({ kind: 'tick' }))
  }

  /** @throws {DispatchError} `temporary` when the store has not been able to write for two seconds. */
  assertWrites(): void {
    const { failure } = this.#writer
    if (failure !== undefined) throw unavailableError(failure)
  }

  /** Whether the store has failed permanently. */
  get isBroken(): boolean {
    return this.#phase.kind === 'broken'
  }

  /** Lets the kernel decide. The decision becomes durable and is then carried out, without further calls. */
  submit(event: Event): void {
    if (this.isBroken) return
    const { kernel, clock, mayRunEarly, onWrites } = this.#options
    const { writes, effects } = kernel.apply(clock.nowMs(), event)
    for (const write of writes) this.#batch.add(write)
    if (writes.length > 0) onWrites(writes)
    for (const effect of effects) {
      if (mayRunEarly(effect) && this.#isEarly(effect)) this.#earlyEffects.add(effect, this.#batch)
      else this.#batch.effects.push(effect)
    }
    this.#schedule()
    this.#timer.set(kernel.nextTickAtMs)
  }

  /** Resolves when everything decided so far is durable, or can no longer become durable (`isBroken`). */
  whenSettled(): Promise<void> {
    if (this.isBroken || this.#isSettled) return Promise.resolve()
    return new Promise<void>((resolve) => {
      this.#batch.onDurable(resolve)
      this.#schedule()
    })
  }

  /**
   * Like {@link whenSettled}, but rejects instead of waiting while the store is failing.
   *
   * @throws {DispatchError} `timeout` when the store has not been able to write for two seconds: what was decided may become
   *   durable later, or not.
   */
  whenDurable(): Promise<void> {
    if (this.isBroken || this.#isSettled) return Promise.resolve()
    const { failure } = this.#writer
    if (failure !== undefined) return Promise.reject(unconfirmedError(failure))
    return new Promise((resolve, reject) => {
      this.#batch.onDurable(resolve, reject)
      this.#schedule()
    })
  }

  /** Submits no more ticks, and retries no commit. */
  stop(): void {
    this.#timer.stop()
    this.#writer.stop()
  }

  /** Stops everything: the store has failed permanently, and nothing can be promised any more. */
  break(error: unknown): void {
    if (this.isBroken) return
    const wasCommitting = this.#isCommitting
    this.#phase = { kind: 'broken' }
    this.#timer.stop()
    this.#writer.close()
    this.#options.logger.error({ err: error }, 'the store has failed; the scheduler has stopped')
    this.#options.onBroken(error)
    // Otherwise the commit loop does it when it ends.
    if (!wasCommitting) this.#batch.acknowledge()
  }

  /** D4 */
  #isEarly(effect: Effect): boolean {
    if (this.#batch.writes.length >= EARLY_WRITES_MAX) return false
    if (effect.kind !== 'run' || this.#batch.inserts(effect.id)) return true
    return this.#phase.kind === 'writing' && this.#phase.batch.inserts(effect.id)
  }

  get #isCommitting(): boolean {
    return this.#phase.kind === 'collecting' || this.#phase.kind === 'writing'
  }

  get #isSettled(): boolean {
    return this.#batch.isEmpty && !this.#isCommitting && !this.#durableEffects.isBusy
  }

  /** Whether the batch is to be committed (D6). */
  get #isDue(): boolean {
    if (this.#batch.isEmpty) return false
    return !this.#durableEffects.isBusy || this.#batch.writes.length >= COMMIT_WRITES
  }

  /** D3: from `idle` to `scheduled`, if there is something to commit. */
  #schedule(): void {
    if (this.#phase.kind !== 'idle' || !this.#isDue) return
    this.#phase = { kind: 'scheduled' }
    setImmediate(() => {
      if (this.#phase.kind === 'scheduled') void this.#commit()
    })
  }

  /** From `scheduled` to `idle` or `broken`: commits one batch after the other, as long as one is due (D1). */
  async #commit(): Promise<void> {
    this.#phase = { kind: 'collecting' }
    while (this.#isDue && !this.isBroken) {
      while (this.#batch.pendingStarts > 0 && this.#batch.writes.length < EARLY_WRITES_MAX) await turn() // D4
      const batch = this.#batch
      this.#batch = new WriteBatch()
      await this.#write(batch)
      if (this.isBroken) {
        batch.acknowledge()
        break
      }
      this.#durableEffects.add(batch)
      await turn() // D3
    }
    if (this.isBroken) this.#batch.acknowledge()
    else {
      this.#phase = { kind: 'idle' }
      this.#schedule()
    }
  }

  /** From `collecting` through `writing` back to it, unless the store fails permanently. */
  async #write(batch: WriteBatch): Promise<void> {
    if (batch.writes.length === 0 || this.isBroken) return
    this.#phase = { kind: 'writing', batch }
    await this.#writer.write(batch.writes)
    if (!this.isBroken) this.#phase = { kind: 'collecting' }
  }

  /** D5 */
  #refuseWaiting(cause: Error): void {
    const error = unconfirmedError(cause)
    if (this.#phase.kind === 'writing') this.#phase.batch.refuse(error)
    this.#batch.refuse(error)
  }
}

import { DispatchError, type Logger } from '@dispatch/protocol'
import { queueMicrotask, setImmediate } from '@dispatch/protocol/time'
import type { Effect, Event } from '../kernel/events.js'
import type { Kernel } from '../kernel/kernel.js'
import type { Store, Write } from '../store/store.js'
import { type Clock, pause } from '../time/clock.js'
import { WriteBatch } from './write-batch.js'

/** Longest time between two looks at the clock: it may be set while a timer runs. */
const TICK_MS_MAX = 30_000

/**
 * Writes that are not durable yet, above which a child waits for the commit after all: else children that end at once
 * would make a commit that keeps everybody else's waiting for seconds. A gather of 1,000 stays below it.
 */
const EARLY_WRITES_MAX = 2_500

/**
 * Runs started without a pause: a quarter of a millisecond when they end at once. A pause costs a microsecond; with 32 a
 * turn of the event loop took twice as long, and the application's own requests waited for it.
 */
const RUNS_PER_TURN = 12

/** What any other effect counts of a run: it tells somebody something. Who waits over HTTP is told of many in one write. */
const TELLING_SHARE = 0.2

/**
 * Writes for which a commit does not wait any longer for effects that are still to be carried out. Enough to share a sync,
 * and few enough that nothing waits long for them to be encoded.
 */
const COMMIT_WRITES = 256

/** Early effects carried out without a pause. More than of others: a gather is to be done soon. */
const EARLY_PER_TURN = 128

/** Waits between attempts to write to a store that fails. */
const COMMIT_RETRY_MS = [50, 200, 1_000, 5_000]

/** A store that has not been able to write for this long is no place for new calls. */
const FAILING_MS_MAX = 2_000

export interface DriverOptions {
  readonly kernel: Kernel
  readonly store: Store
  readonly clock: Clock
  readonly logger: Logger
  /** Carries out an effect. Never throws. */
  readonly perform: (effect: Effect) => void
  /** Whether an effect may be carried out before the commit that decided it (D4). */
  readonly mayRunEarly: (effect: Effect) => boolean
  /** Sees writes when they are decided, before they are durable. */
  readonly onWrites: (writes: readonly Write[]) => void
  /** The store has refused a batch for good: nothing can be promised any more. */
  readonly onBroken: (error: unknown) => void
}

/**
 * The loop between kernel and store.
 *
 * D1 One commit at a time. What is decided meanwhile forms the next batch.
 * D2 Effects and acknowledgements of a batch come after its commit, in the order of the events. A batch that
 *    writes nothing waits for its turn all the same.
 * D3 A commit begins a turn of the event loop after the first event of its batch, so that what belongs together
 *    shares one sync.
 * D4 One relaxation: a child that an endpoint in this process runs may start before the commit that records it.
 *    Its id is decided, and nothing of it leaves the process before the commit; if the process dies, the parent
 *    makes the same child again. Its end may share the commit. A run is aborted at once, too: its slot is free
 *    already, and nobody wants its answer. None starts early while a lot is not durable yet; until then the commit
 *    waits for those of its own that are to start, so that a gather of 1,000 children that end at once is one commit of
 *    1,000 rows. It waits for no child that is recorded already: others wait for it, too.
 * D5 A commit that fails is tried again until it succeeds; meanwhile nothing is acknowledged, and after two seconds
 *    nobody is kept waiting for that (`durable`). When the store says that it never will, or the process is shutting
 *    down, everything stops.
 * D6 Effects are carried out a few per turn of the event loop, so that the application in the same process answers
 *    its own requests meanwhile.
 */
export class Driver {
  readonly #options: DriverOptions
  #batch = new WriteBatch()
  #isCommitting = false
  #isScheduled = false
  #isBroken = false
  #isStopped = false
  /** Early effects carried out since the last pause, and those that wait for it to end, with the batch that records their call. */
  #earlySincePause = 0
  readonly #early: { readonly effect: Effect; readonly recordedBy: WriteBatch | undefined }[] = []
  /** Batches that are durable and still to be acknowledged and carried out. */
  readonly #durable: WriteBatch[] = []
  #isCarryingOut = false
  /** The batch whose commit is under way. */
  #committing: WriteBatch | undefined
  /** Since two seconds commits fail. */
  #failure: Error | undefined
  #cancelTimer: (() => void) | undefined
  #timerAtMs = Number.POSITIVE_INFINITY

  constructor(options: DriverOptions) {
    this.#options = options
  }

  /** @throws {DispatchError} `temporary` when the store has not been able to write for two seconds. */
  assertWrites(): void {
    if (this.#failure === undefined) return
    throw new DispatchError('temporary', `nothing can be recorded at present: ${this.#failure.message}`, {
      cause: this.#failure,
      retryAfterMs: 5_000,
    })
  }

  get isBroken(): boolean {
    return this.#isBroken
  }

  /** Lets the kernel decide. The decision becomes durable, and is then carried out, by itself. */
  submit(event: Event): void {
    if (this.#isBroken) return
    const { kernel, clock, mayRunEarly, onWrites } = this.#options
    const { writes, effects } = kernel.apply(clock.nowMs(), event)
    for (const write of writes) this.#batch.add(write)
    if (writes.length > 0) onWrites(writes)
    for (const effect of effects) {
      if (mayRunEarly(effect) && this.#isEarly(effect)) this.#performEarly(effect)
      else this.#batch.effects.push(effect)
    }
    this.#schedule()
    this.#setTimer()
  }

  /** D4 */
  #isEarly(effect: Effect): boolean {
    if (this.#batch.writes.length >= EARLY_WRITES_MAX) return false
    if (effect.kind !== 'run') return true
    return this.#batch.records(effect.id) || this.#committing?.records(effect.id) === true
  }

  /** Resolves once everything decided so far is durable, or can no longer become so (`isBroken`). */
  settled(): Promise<void> {
    if (this.#isBroken || this.#isSettled) return Promise.resolve()
    return new Promise<void>((resolve) => {
      this.#batch.onDurable(resolve)
      this.#schedule()
    })
  }

  /**
   * As `settled`, for those who would rather know.
   *
   * @throws {DispatchError} `timeout` when the store cannot write for two seconds: what they wait for may become durable
   *   later, or not.
   */
  durable(): Promise<void> {
    if (this.#isBroken || this.#isSettled) return Promise.resolve()
    if (this.#failure !== undefined) return Promise.reject(lateError(this.#failure))
    return new Promise((resolve, reject) => {
      this.#batch.onDurable(resolve, reject)
      this.#schedule()
    })
  }

  /** Stops looking at the clock, for good. */
  stop(): void {
    this.#isStopped = true
    this.#cancelTimer?.()
  }

  get #isSettled(): boolean {
    return this.#batch.isEmpty && !this.#isCommitting && !this.#isCarryingOut
  }

  /** D6 */
  get #isDue(): boolean {
    return !this.#batch.isEmpty && (!this.#isCarryingOut || this.#batch.writes.length >= COMMIT_WRITES)
  }

  #schedule(): void {
    if (this.#isCommitting || this.#isScheduled || this.#isBroken || !this.#isDue) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      void this.#commit()
    })
  }

  async #commit(): Promise<void> {
    this.#isCommitting = true
    while (this.#isDue && !this.#isBroken) {
      while (this.#batch.toStart > 0 && this.#batch.writes.length < EARLY_WRITES_MAX) await turn()
      const batch = this.#batch
      this.#batch = new WriteBatch()
      this.#committing = batch
      if (batch.writes.length > 0) await this.#write(batch.writes)
      this.#committing = undefined
      if (this.#isBroken) {
        batch.acknowledge()
        break
      }
      this.#durable.push(batch)
      if (!this.#isCarryingOut) void this.#carryOut()
      await turn() // D3
    }
    this.#isCommitting = false
    if (this.#isBroken) this.#batch.acknowledge()
    else this.#schedule()
  }

  /**
   * D4, D6: at once, but for a pause after so many. Children that end at once would else start each other and leave
   * no turn to anything else, be there a million.
   */
  #performEarly(effect: Effect): void {
    if (this.#earlySincePause < EARLY_PER_TURN) {
      this.#earlySincePause += 1
      queueMicrotask(() => this.#options.perform(effect))
      return
    }
    const recordedBy = effect.kind === 'run' && this.#batch.records(effect.id) ? this.#batch : undefined
    if (recordedBy !== undefined) recordedBy.toStart += 1
    this.#early.push({ effect, recordedBy })
    if (this.#early.length === 1) setImmediate(() => this.#goOn())
  }

  #goOn(): void {
    const effects = this.#early.splice(0, EARLY_PER_TURN)
    this.#earlySincePause = effects.length
    if (this.#early.length > 0) setImmediate(() => this.#goOn())
    for (const { effect, recordedBy } of effects) {
      if (recordedBy !== undefined) recordedBy.toStart -= 1
      this.#options.perform(effect)
    }
  }

  /** D2, D6 */
  async #carryOut(): Promise<void> {
    this.#isCarryingOut = true
    for (let batch = this.#durable.shift(); batch !== undefined; batch = this.#durable.shift()) {
      batch.acknowledge()
      let work = 0
      for (const effect of batch.effects) {
        if (work >= RUNS_PER_TURN) {
          await turn()
          work = 0
        }
        work += effect.kind === 'run' ? 1 : TELLING_SHARE
        this.#options.perform(effect)
      }
    }
    this.#isCarryingOut = false
    this.#schedule()
  }

  /** D5 */
  async #write(writes: readonly Write[]): Promise<void> {
    const { store, logger, clock } = this.#options
    let cancelRefusal: (() => void) | undefined
    for (let attempt = 0; !this.#isBroken; attempt += 1) {
      try {
        await store.commit(writes)
        cancelRefusal?.()
        this.#failure = undefined
        return
      } catch (error) {
        if (this.#isStopped || (error as { status?: string }).status !== 'temporary') {
          cancelRefusal?.()
          this.break(error)
          return
        }
        cancelRefusal ??= clock.after(FAILING_MS_MAX, () => this.#refuseWaiting(error as Error))
        const delayMs = COMMIT_RETRY_MS[Math.min(attempt, COMMIT_RETRY_MS.length - 1)] as number
        logger.error({ err: error, attempt: attempt + 1, delayMs }, 'the store cannot write; trying again')
        await pause(clock, delayMs)
      }
    }
  }

  #refuseWaiting(error: Error): void {
    this.#failure = error
    for (const batch of [this.#committing, this.#batch]) batch?.refuse(lateError(error))
  }

  /** Stops everything: the store has failed for good, and nothing can be promised any more. */
  break(error: unknown): void {
    if (this.#isBroken) return
    this.#isBroken = true
    this.stop()
    this.#options.logger.error({ err: error }, 'the store has failed; the scheduler has stopped')
    this.#options.onBroken(error)
    // A commit that is under way does this when it ends.
    if (!this.#isCommitting) this.#batch.acknowledge()
  }

  #setTimer(): void {
    const { clock, kernel } = this.#options
    const atMs = kernel.nextTickAtMs
    if (this.#isStopped || atMs >= this.#timerAtMs) return
    this.#cancelTimer?.()
    this.#timerAtMs = atMs
    const delayMs = Math.min(Math.max(0, atMs - clock.nowMs()), TICK_MS_MAX)
    this.#cancelTimer = clock.after(delayMs, () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY
      this.submit({ kind: 'tick' })
      this.#setTimer()
    })
  }
}

/** Resolves a turn of the event loop later. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function lateError(cause: Error): DispatchError {
  return new DispatchError(
    'timeout',
    `nothing could be recorded in time, and it may still be: ${cause.message}. To try again and record nothing twice, give the call an id`,
    { cause },
  )
}

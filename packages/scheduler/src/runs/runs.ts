import {
  createEndOfCall,
  DispatchError,
  type EndOfCallReason,
  type Endpoint,
  type Logger,
  type RunOutcome,
} from '@dispatch/protocol'
import { messageOfError } from '@dispatch/protocol/text'
import type { Event, Outcome, RunEffect } from '../kernel/events/events.js'
import type { Store } from '../store/store.js'
import { type Clock, pause } from '../time/clock.js'
import { LiveRuns } from './live-runs.js'
import { bytesOfOutcome, isSuccess } from './outcome.js'
import type { PayloadCache } from './payload-cache.js'
import { readOutcome } from './read-outcome.js'
import type { Run } from './run.js'
import { RunBytes } from './run-bytes.js'
import { bytesOfPayloads, RunPayloadReader } from './run-payloads.js'
import { type RunPayloads, runRequestOf } from './run-request.js'

/** Delays between attempts to read from a store that fails. The run has not begun, so they are no attempts of the call. */
const READ_RETRY_MS = [50, 200, 1_000]

export interface RunsOptions {
  readonly store: Store
  readonly cache: PayloadCache
  readonly endpointOf: (url: string) => Endpoint
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Time limit of a run whose call sets none. */
  readonly runMsMax: number
  /** Most bytes of payloads that the runs of one function hold concurrently. */
  readonly runBytesMax: number
  readonly submit: (event: Event) => void
  /** Resolves when everything that was submitted is durable. */
  readonly whenSettled: () => Promise<void>
  readonly logger: Logger
  /** The store has failed permanently: it cannot read what a run needs. */
  readonly onUnreadable: (error: unknown) => void
}

/** The runs under way: each reads its payloads, is carried out by its endpoint, and submits how it ended. */
export class Runs {
  readonly #options: RunsOptions
  readonly #payloads: RunPayloadReader
  readonly #bytes: RunBytes
  readonly #live: LiveRuns
  /** Runs that were aborted before they were started, because a commit was still under way. */
  readonly #abortedEarly = new Set<number>()
  /** `draining`: runs may still end. `aborting`: those that have not ended are abandoned. */
  #phase: 'open' | 'draining' | 'aborting' | 'closed' = 'open'
  #onIdle: (() => void) | undefined

  constructor(options: RunsOptions) {
    this.#options = options
    this.#payloads = new RunPayloadReader(options.store, options.cache)
    this.#bytes = new RunBytes(options.runBytesMax)
    this.#live = new LiveRuns(options.clock)
  }

  start(effect: RunEffect): void {
    if (this.#phase !== 'open' || this.#abortedEarly.delete(effect.run)) return
    const run = this.#live.begin(effect)
    const payloads = this.#payloads.readCached(effect)
    const needsReservation =
      payloads === undefined || this.#bytes.isCounted(run.functionKey, bytesOfPayloads(payloads))
    if (needsReservation) void this.#startLater(run)
    else this.#exchange(run, payloads)
  }

  /** @param number - `run` of its effect. */
  abort(number: number, reason: EndOfCallReason): void {
    const run = this.#live.get(number)
    if (run === undefined) this.#abortedEarly.add(number)
    else run.abort(createEndOfCall(reason))
  }

  /** Starts no more runs. Resolves when none is under way; those that have not ended after `graceMs` are aborted. */
  async stop(graceMs: number): Promise<void> {
    this.#phase = 'draining'
    if (this.#live.size > 0) {
      const idle = new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
      const cancelTimer = this.#options.clock.after(graceMs, () => {
        this.#phase = 'aborting'
        this.#live.abortAll(new DispatchError('temporary', 'the process is shutting down'))
      })
      await idle
      cancelTimer()
    }
    this.#phase = 'closed'
  }

  /** Starts a run that waits for the store, or for other runs with large payloads. Never rejects. */
  async #startLater(run: Run): Promise<void> {
    try {
      let payloads = this.#payloads.readCached(run.effect) ?? (await this.#read(run))
      const reservation = this.#bytes.reserve(run.functionKey, bytesOfPayloads(payloads))
      if (reservation instanceof Promise) {
        payloads = {}
        run.reservation = await reservation
        payloads = this.#payloads.readCached(run.effect) ?? (await this.#read(run))
      } else run.reservation = reservation
      // If the call is done the kernel ignores this; otherwise the call is due again.
      if (run.aborted) this.#end(run, { kind: 'abandoned' })
      else this.#exchange(run, payloads)
    } catch (error) {
      this.#fail(run, error)
    }
  }

  /** What the run needs, as soon as the store can read it; nothing when the run is aborted before. */
  async #read(run: Run): Promise<RunPayloads> {
    const { clock, logger, onUnreadable } = this.#options
    for (let attempt = 0; !run.aborted; attempt += 1) {
      try {
        return await this.#readOnce(run.effect)
      } catch (error) {
        const { status } = error as { status?: string }
        if (status === 'permanent') onUnreadable(error)
        if (status !== 'temporary') throw error
        const delayMs = READ_RETRY_MS[Math.min(attempt, READ_RETRY_MS.length - 1)] as number
        logger.error({ err: error, attempt: attempt + 1, delayMs }, 'the store cannot read; it is retried')
        await pause(clock, delayMs)
      }
    }
    return {}
  }

  async #readOnce(effect: RunEffect): Promise<RunPayloads> {
    const payloads = await this.#payloads.read(effect)
    if (effect.deliveries !== undefined || payloads.input !== undefined) return payloads
    // Every call has an input. This one starts early (D4), before the store has its record.
    await this.#options.whenSettled()
    return await this.#payloads.read(effect)
  }

  /** Not an async function: nearly all runs take this path, synchronously. */
  #exchange(run: Run, payloads: RunPayloads): void {
    const { runMsMax, endpointOf } = this.#options
    const { effect } = run
    run.delivered = payloads.results?.length
    try {
      this.#live.limit(run, effect.runMsMax || runMsMax)
      endpointOf(effect.endpoint)
        .run(runRequestOf(effect, payloads), run)
        .then((answer) => this.#answer(run, answer))
        .catch((error) => this.#fail(run, error))
    } catch (error) {
      this.#fail(run, error)
    }
  }

  #answer(run: Run, answer: RunOutcome): void {
    const outcome = readOutcome(answer, run.effect.needsJournal)
    const bytes = bytesOfOutcome(outcome)
    if (run.reservation === undefined) this.#bytes.observe(run.functionKey, bytes)
    else run.reservation.recordAnswer(bytes)
    const isAbandoned = this.#phase === 'aborting' && run.aborted && !isSuccess(outcome)
    this.#end(run, isAbandoned ? { kind: 'abandoned' } : outcome)
  }

  #fail(run: Run, error: unknown): void {
    this.#options.logger.error({ err: error, dispatchId: run.effect.id }, 'a run could not be carried out')
    const message = messageOfError(error)
    const answer = { kind: 'failure', source: 'transport', status: 'temporary', message } as const
    this.#end(run, readOutcome(answer, false))
  }

  #end(run: Run, outcome: Outcome): void {
    const { submit, whenSettled, random } = this.#options
    const { effect, delivered, reservation } = run
    this.#live.end(run)
    submit({
      kind: 'ran',
      id: effect.id,
      run: effect.run,
      outcome,
      roll: random(),
      ...(delivered !== undefined && { delivered }),
    })
    if (reservation !== undefined) void whenSettled().then(() => reservation.release())
    if (this.#live.size === 0) this.#onIdle?.()
  }
}

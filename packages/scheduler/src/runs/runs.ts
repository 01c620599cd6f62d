import { DispatchError, type Endpoint, type Logger, type RunOutcome } from '@dispatch/protocol'
import type { Effect, Event, Outcome } from '../kernel/events.js'
import type { Store } from '../store/store.js'
import { type Clock, pause } from '../time/clock.js'
import { type LiveRun, LiveRuns } from './live-runs.js'
import type { PayloadCache } from './payload-cache.js'
import { readOutcome } from './read-outcome.js'
import { RunBytes, type RunPlace } from './run-bytes.js'
import { bytesOfPayloads, RunPayloadReader } from './run-payloads.js'
import { type RunPayloads, runRequestOf } from './run-request.js'

/** Waits between attempts to read from a store that fails. The run has not begun: it is no attempt of the call. */
const READ_RETRY_MS = [50, 200, 1_000]

type RunEffect = Extract<Effect, { kind: 'run' }>

export interface RunsOptions {
  readonly store: Store
  readonly cache: PayloadCache
  readonly endpointOf: (url: string) => Endpoint
  readonly clock: Clock
  readonly random: () => number
  /** Longest time that a run may take whose call says nothing about that. */
  readonly runMsMax: number
  /** Most bytes of payloads that the runs of one function hold at one time. */
  readonly runBytesMax: number
  readonly submit: (event: Event) => void
  /** Resolves when what was submitted is durable. */
  readonly settled: () => Promise<void>
  readonly logger: Logger
  /** The store cannot read what a run needs, and never will. */
  readonly onUnreadable: (error: unknown) => void
}

/** The runs under way: each takes its payloads, is carried out by its endpoint, and reports how it ended. */
export class Runs {
  readonly #options: RunsOptions
  readonly #payloads: RunPayloadReader
  readonly #bytes: RunBytes
  readonly #live: LiveRuns
  /** Runs that were aborted while the commit before them was still under way. They never start. */
  readonly #abortedEarly = new Set<number>()
  #isClosed = false
  #isStopping = false
  #onIdle: (() => void) | undefined

  constructor(options: RunsOptions) {
    this.#options = options
    this.#payloads = new RunPayloadReader(options.store, options.cache)
    this.#bytes = new RunBytes(options.runBytesMax)
    this.#live = new LiveRuns(options.clock)
  }

  start(effect: RunEffect): void {
    if (this.#isClosed || this.#abortedEarly.delete(effect.run)) return
    const live = this.#live.begin(effect.run)
    const payloads = this.#payloads.cached(effect)
    const isCounted =
      payloads === undefined || this.#bytes.isCounted(keyOf(effect), bytesOfPayloads(payloads))
    if (isCounted) void this.#startLater(effect, live)
    else this.#exchange(effect, live, payloads, undefined)
  }

  abort(run: number, reason: string): void {
    const live = this.#live.get(run)
    if (live === undefined) this.#abortedEarly.add(run)
    else live.abort(new DispatchError('timeout', `the call was ${reason}`))
  }

  /** Starts no more runs. Resolves when none is under way; those that have not ended after `graceMs` are given up. */
  async stop(graceMs: number): Promise<void> {
    this.#isClosed = true
    if (this.#live.size === 0) return
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    const cancelTimer = this.#options.clock.after(graceMs, () => {
      this.#isStopping = true
      this.#live.abortAll(new DispatchError('temporary', 'the process is shutting down'))
    })
    await idle
    cancelTimer()
    this.#isStopping = false
    this.#onIdle = undefined
  }

  /** A run that has to wait: for the store, or for others that hold large payloads. Never rejects. */
  async #startLater(effect: RunEffect, live: LiveRun): Promise<void> {
    let place: RunPlace | undefined
    try {
      let payloads = this.#payloads.cached(effect) ?? (await this.#read(effect, live))
      const entered = this.#bytes.enter(keyOf(effect), bytesOfPayloads(payloads))
      if (entered instanceof Promise) {
        payloads = {}
        place = await entered
        payloads = this.#payloads.cached(effect) ?? (await this.#read(effect, live))
      } else place = entered
      // Aborted while its payloads were read. If its call is gone nobody hears of this; else it is due again.
      if (live.aborted) this.#ended(effect, { kind: 'abandoned' }, place)
      else this.#exchange(effect, live, payloads, place)
    } catch (error) {
      this.#failed(effect, error, place)
    }
  }

  /** What the run needs, as soon as the store can read it; nothing when the run has been aborted before. */
  async #read(effect: RunEffect, live: LiveRun): Promise<RunPayloads> {
    const { clock, logger, onUnreadable } = this.#options
    for (let attempt = 0; !live.aborted; attempt += 1) {
      try {
        return await this.#readOnce(effect)
      } catch (error) {
        const { status } = error as { status?: string }
        if (status === 'permanent') onUnreadable(error)
        if (status !== 'temporary') throw error
        const delayMs = READ_RETRY_MS[Math.min(attempt, READ_RETRY_MS.length - 1)] as number
        logger.error({ err: error, attempt: attempt + 1, delayMs }, 'the store cannot read; trying again')
        await pause(clock, delayMs)
      }
    }
    return {}
  }

  async #readOnce(effect: RunEffect): Promise<RunPayloads> {
    const payloads = await this.#payloads.read(effect)
    if (effect.deliveries !== undefined || payloads.input !== undefined) return payloads
    // Every call has an input. This one starts early (D4), and the store has not heard of it yet.
    await this.#options.settled()
    return await this.#payloads.read(effect)
  }

  /** No async function: most runs go this way, at once. */
  #exchange(effect: RunEffect, live: LiveRun, payloads: RunPayloads, place: RunPlace | undefined): void {
    const { runMsMax, endpointOf } = this.#options
    const failed = (error: unknown) => this.#failed(effect, error, place)
    try {
      this.#live.limit(live, effect.runMsMax || runMsMax)
      endpointOf(effect.endpoint)
        .run(runRequestOf(effect, payloads), live)
        .then((answer) => this.#answered(effect, live, answer, payloads.results?.length, place))
        .catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  #answered(
    effect: RunEffect,
    live: LiveRun,
    answer: RunOutcome,
    delivered: number | undefined,
    place: RunPlace | undefined,
  ): void {
    const outcome = readOutcome(answer, effect.withJournal)
    const bytes = bytesOfOutcome(outcome)
    if (place === undefined) this.#bytes.learn(keyOf(effect), bytes)
    else place.answered(bytes)
    if (this.#isStopping && live.aborted && !isSuccess(outcome))
      this.#ended(effect, { kind: 'abandoned' }, place)
    else this.#ended(effect, outcome, place, delivered)
  }

  #failed(effect: RunEffect, error: unknown, place: RunPlace | undefined): void {
    this.#options.logger.error({ err: error, dispatchId: effect.id }, 'a run could not be carried out')
    this.#ended(effect, readOutcome(failureOf(error), false), place)
  }

  /** @param delivered - Results that the run received. */
  #ended({ id, run }: RunEffect, outcome: Outcome, place: RunPlace | undefined, delivered?: number): void {
    const { submit, settled, random } = this.#options
    this.#live.end(run)
    submit({
      kind: 'ran',
      id,
      run,
      outcome,
      roll: random(),
      ...(delivered !== undefined && { delivered }),
    })
    if (place !== undefined) void settled().then(() => place.leave())
    if (this.#live.size === 0) this.#onIdle?.()
  }
}

/** Payloads are bounded by function. */
function keyOf({ endpoint, function: name }: RunEffect): string {
  return `${endpoint}\n${name}`
}

/** Bytes of what a run brings and the store has to take. */
function bytesOfOutcome(outcome: Outcome): number {
  switch (outcome.kind) {
    case 'poll': {
      let bytes = outcome.state.byteLength + outcome.journalEntry.byteLength
      for (const { call } of outcome.calls) bytes += call.input.byteLength
      return bytes
    }
    case 'tail-call':
      return outcome.call.input.byteLength
    case 'exit':
    case 'failure':
      return outcome.result.byteLength
    case 'journal-wanted':
    case 'abandoned':
      return 0
  }
}

function isSuccess(outcome: Outcome): boolean {
  return (
    outcome.kind === 'poll' ||
    outcome.kind === 'tail-call' ||
    (outcome.kind === 'exit' && outcome.statusCode === 1)
  )
}

function failureOf(error: unknown): RunOutcome {
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'failure', source: 'transport', status: 'temporary', message }
}

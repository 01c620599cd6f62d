import { DispatchError, type Endpoint, type Logger, RunAborter, type RunOutcome } from '@dispatch/protocol'
import type { Clock } from './clock.js'
import type { Effect, Event, Outcome } from './kernel/events.js'
import type { PayloadCache } from './payload-cache.js'
import { readOutcome } from './read-outcome.js'
import { RunBytes, type RunPlace } from './run-bytes.js'
import { bytesOfPayloads, RunPayloadReader } from './run-payloads.js'
import { type RunPayloads, runRequestOf } from './run-request.js'
import type { Store } from './store.js'

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

/** How a run ended, and what it held of payloads. */
interface Ended {
  readonly outcome: Outcome
  /** Results that it received. */
  readonly delivered?: number | undefined
  readonly place?: RunPlace | undefined
}

/** The runs under way: each takes its payloads, is carried out by its endpoint, and reports how it ended. */
export class Runs {
  readonly #options: RunsOptions
  readonly #payloads: RunPayloadReader
  readonly #bytes: RunBytes
  readonly #aborts = new Map<number, RunAborter>()
  /** Runs that were aborted while the commit before them was still under way. They never start. */
  readonly #abortedEarly = new Set<number>()
  #isClosed = false
  #isStopping = false
  #onIdle: (() => void) | undefined

  constructor(options: RunsOptions) {
    this.#options = options
    this.#payloads = new RunPayloadReader(options.store, options.cache)
    this.#bytes = new RunBytes(options.runBytesMax)
  }

  start(effect: RunEffect): void {
    if (this.#isClosed || this.#abortedEarly.delete(effect.run)) return
    const run = new RunAborter()
    this.#aborts.set(effect.run, run)
    void this.#carryOut(effect, run).then(({ outcome, delivered, place }) => {
      this.#aborts.delete(effect.run)
      this.#options.submit({
        kind: 'ran',
        id: effect.id,
        run: effect.run,
        outcome,
        roll: this.#options.random(),
        ...(delivered !== undefined && { delivered }),
      })
      if (place !== undefined) void this.#options.settled().then(() => place.leave())
      if (this.#aborts.size === 0) this.#onIdle?.()
    })
  }

  abort(run: number, reason: string): void {
    const started = this.#aborts.get(run)
    if (started === undefined) this.#abortedEarly.add(run)
    else started.abort(new DispatchError('timeout', `the call was ${reason}`))
  }

  /** Starts no more runs. Resolves when none is under way; those that have not ended after `graceMs` are given up. */
  async stop(graceMs: number): Promise<void> {
    this.#isClosed = true
    if (this.#aborts.size === 0) return
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    const cancelTimer = this.#options.clock.after(graceMs, () => {
      this.#isStopping = true
      const reason = new DispatchError('temporary', 'the process is shutting down')
      for (const run of this.#aborts.values()) run.abort(reason)
    })
    await idle
    cancelTimer()
    this.#isStopping = false
    this.#onIdle = undefined
  }

  /** Never rejects. */
  async #carryOut(effect: RunEffect, run: RunAborter): Promise<Ended> {
    let place: RunPlace | undefined
    try {
      let payloads = this.#payloads.cached(effect) ?? (await this.#read(effect))
      const key = `${effect.endpoint}\n${effect.function}`
      const entered = this.#bytes.enter(key, bytesOfPayloads(payloads))
      if (entered instanceof Promise) {
        payloads = {}
        place = await entered
        payloads = this.#payloads.cached(effect) ?? (await this.#read(effect))
      } else place = entered
      // Aborted while its payloads were read. If its call is gone nobody hears of this; else it is due again.
      if (run.aborted) return { outcome: { kind: 'abandoned' }, place }
      const outcome = await this.#exchange(effect, payloads, run)
      const bytes = bytesOfOutcome(outcome)
      if (place === undefined) this.#bytes.learn(key, bytes)
      else place.answered(bytes)
      if (this.#isStopping && run.aborted && !isSuccess(outcome))
        return { outcome: { kind: 'abandoned' }, place }
      return { outcome, delivered: payloads.results?.length, place }
    } catch (error) {
      this.#options.logger.error({ err: error, dispatchId: effect.id }, 'a run could not be carried out')
      return { outcome: readOutcome(failureOf(error), false), place }
    }
  }

  async #read(effect: RunEffect): Promise<RunPayloads> {
    try {
      return await this.#payloads.read(effect)
    } catch (error) {
      if ((error as { status?: string }).status === 'permanent') this.#options.onUnreadable(error)
      throw error
    }
  }

  async #exchange(effect: RunEffect, payloads: RunPayloads, run: RunAborter): Promise<Outcome> {
    const { clock, runMsMax, endpointOf } = this.#options
    const limitMs = effect.runMsMax || runMsMax
    const cancelTimer = clock.after(limitMs, () => {
      run.abort(new DispatchError('timeout', `the run took longer than ${limitMs} ms`))
    })
    try {
      const answer = await endpointOf(effect.endpoint).run(runRequestOf(effect, payloads), run)
      return readOutcome(answer, effect.withJournal)
    } finally {
      cancelTimer()
    }
  }
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

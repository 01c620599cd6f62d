import {
  DispatchError,
  type Endpoint,
  type Logger,
  type RunOutcome,
  type RunSignal,
} from '@dispatch/protocol'
import type { Clock } from './clock.js'
import { childIdOf } from './kernel/call-node.js'
import type { Delivery, Effect, Event, Outcome } from './kernel/events.js'
import type { PayloadCache } from './payload-cache.js'
import { readOutcome } from './read-outcome.js'
import { RunAbort } from './run-abort.js'
import { type DeliveredResult, journalOf, type RunPayloads, runRequestOf } from './run-request.js'
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
  readonly submit: (event: Event) => void
  readonly logger: Logger
}

/** The runs under way: each takes its payloads, is carried out by its endpoint, and reports how it ended. */
export class Runs {
  readonly #options: RunsOptions
  readonly #aborts = new Map<number, RunAbort>()
  /** Runs that were aborted while the commit before them was still under way. They never start. */
  readonly #abortedEarly = new Set<number>()
  #isClosed = false
  #isStopping = false
  #onIdle: (() => void) | undefined

  constructor(options: RunsOptions) {
    this.#options = options
  }

  start(effect: RunEffect): void {
    if (this.#isClosed || this.#abortedEarly.delete(effect.run)) return
    const run = new RunAbort()
    this.#aborts.set(effect.run, run)
    const { clock, runMsMax } = this.#options
    const limitMs = effect.runMsMax || runMsMax
    const cancelTimer = clock.after(limitMs, () => {
      run.abort(new DispatchError('timeout', `the run took longer than ${limitMs} ms`))
    })
    void this.#carryOut(effect, run).then((outcome) => {
      cancelTimer()
      this.#aborts.delete(effect.run)
      this.#options.submit({
        kind: 'ran',
        id: effect.id,
        run: effect.run,
        outcome,
        roll: this.#options.random(),
      })
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
  async #carryOut(effect: RunEffect, signal: RunSignal): Promise<Outcome> {
    try {
      const payloads = this.#cached(effect) ?? (await this.#read(effect))
      // Aborted while its payloads were read. If its call is gone nobody hears of this; else it is due again.
      if (signal.aborted) return { kind: 'abandoned' }
      const endpoint = this.#options.endpointOf(effect.endpoint)
      const answer = await endpoint.run(runRequestOf(effect, payloads), signal)
      const outcome = readOutcome(answer, effect.withJournal)
      return this.#isStopping && signal.aborted && !isSuccess(outcome) ? { kind: 'abandoned' } : outcome
    } catch (error) {
      this.#options.logger.error({ err: error, dispatchId: effect.id }, 'a run could not be carried out')
      return readOutcome(failureOf(error), false)
    }
  }

  /** The payloads of a run, if all of them are at hand. */
  #cached(effect: RunEffect): RunPayloads | undefined {
    const { cache } = this.#options
    if (effect.withJournal || effect.isRefused) return undefined
    if (effect.deliveries === undefined) {
      const input = cache.get('input', effect.id)
      return input && { input }
    }
    const state = cache.get('state', effect.id)
    if (state === undefined) return undefined
    const results = effect.deliveries.map(({ childId }) => cache.get('result', childId))
    return results.includes(undefined) ? undefined : { state, results }
  }

  async #read(effect: RunEffect): Promise<RunPayloads> {
    const { store } = this.#options
    const [stored] = await store.readPayloads([effect.id])
    if (effect.deliveries === undefined) return { input: stored?.input }
    const results = await this.#readResults(effect, effect.deliveries)
    return {
      state: stored?.state,
      results: results.map((entry) => entry.result),
      refusal: effect.isRefused ? stored?.result : undefined,
      journal: effect.withJournal ? await this.#readJournal(effect, stored?.input) : undefined,
    }
  }

  async #readResults(
    effect: RunEffect,
    deliveries: readonly Pick<Delivery, 'ordinal'>[],
  ): Promise<DeliveredResult[]> {
    const ordinals = deliveries.map(({ ordinal }) => ordinal)
    const stored =
      ordinals.length === 0 ? [] : await this.#options.store.readResults(effect.id, effect.restarts, ordinals)
    return ordinals.map((ordinal, index) => ({
      delivery: {
        ordinal,
        childId: childIdOf(effect.id, effect.restarts, ordinal),
        correlationId: stored[index]?.correlationId ?? 0n,
      },
      result: stored[index]?.result,
    }))
  }

  async #readJournal(effect: RunEffect, input: Uint8Array | undefined): Promise<RunPayloads['journal']> {
    const entries = await this.#options.store.readJournal(effect.id, effect.restarts)
    const flat = entries.flatMap(({ ordinals }) => ordinals.map((ordinal) => ({ ordinal })))
    const results = (await this.#readResults(effect, flat)).values()
    return journalOf(
      input,
      entries.map(({ entry, ordinals }) => ({
        entry,
        received: ordinals.map(() => results.next().value as DeliveredResult),
      })),
    )
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

import { setMaxListeners } from 'node:events'
import { setImmediate } from 'node:timers'
import {
  type Any,
  type Call,
  type CallResult,
  fromWireError,
  toWireError,
  type WireError,
} from '@dispatch/protocol/messages'
import { correlationIdOf, stepOfCorrelationId } from '../identity/correlation-id.js'
import { type DispatchNote, differenceOf, type RunNotes, type StepNote } from '../journal/steps.js'
import { Awaited } from '../waits/awaited.js'
import { handledRejection, never } from '../waits/promises.js'
import { Timers } from '../waits/timers.js'
import { TurnWatch } from '../waits/turn-watch.js'
import { takeCalls } from '../waits/unsent-calls.js'
import type { Delivery, End, Suspension } from './coroutine-exchange.js'
import { failureOfResult } from './failures.js'

export interface CoroutineOptions {
  readonly dispatchId: string
  readonly restarts: number
  /** Gives the upper half of the correlation ids: 32 bits, unsigned. Asked once, when the first id is wanted. */
  readonly generation: () => number
  /** Hands calls to the scheduler, all or none, and resolves with as many ids. */
  readonly dispatch: (calls: Call[]) => Promise<string[]>
  /** Epoch milliseconds. */
  readonly clockMs: () => number
  /** Is told when a suspended handler goes on by itself (C12). */
  readonly onStir?: ((dispatchId: string) => void) | undefined
  /** Keep the inputs of calls, to compare them with those of a copy. */
  readonly keepsInputs?: boolean
}

/**
 * A handler in progress.
 *
 * Model. The durable steps of a handler (await, sleep, dispatch) are numbered from 1 in the order in which it
 * begins them; a gather is one step per call. A run brings time and results (`deliver`), lets the handler go on
 * until it stands still (`standStill`), and takes what it waits for (`suspend`). The handler is in progress until
 * it has an `end`. In a rebuild the handler is led through the runs that a journal tells of (replay.ts).
 *
 * Rules.
 *  C1  A step's number is its identity: in correlation ids, in the ids of dispatched calls, in the journal.
 *  C2  A handler stands still when it has ended, or when a macrotask turn has passed in which it began no step,
 *      no dispatch is under way, and a call or a timer is open. With none open it waits for something that is
 *      not durable, and the run waits with it.
 *  C3  A delivery first fires timers, by time and then by step; then fails the calls of a refused Poll; then
 *      delivers results in their order.
 *  C4  A result belongs to the open step that it names, in this generation. Any other is dropped: a late one, a
 *      second one, one of an await that was given up.
 *  C5  A gather that fails closes its other steps: they are neither sent nor waited for any more.
 *  C6  In a rebuild, step n must be what it was: same kind, same function. If it is not, the end is
 *      `incompatible`. A step that comes later than it did is waited for.
 *  C7  A dispatch that the journal tells of is not carried out again: it gives the id, or the failure, it gave.
 *  C8  Steps begun between two runs go out with the second, and are noted as begun before it.
 *  C9  After the handler has returned or thrown, a step rejects with TypeError. After any other end a step never
 *      settles: no line after it runs, and no `catch` block either.
 *  C10 A handler that does not end within one macrotask turn after an interruption ends as `aborted`.
 *  C11 A handler that has ended still waits for the dispatches it has begun.
 *  C12 A handler that begins a step, or ends, between two runs says so (`onStir`), once: a run is wanted, whatever else it
 *      waits for.
 *
 * Guarantees. No promise given to a handler causes an unhandled rejection by itself. Every call that a suspended
 * handler waits for was sent or will be. The same journal leads the same handler to the same place.
 */
export class Coroutine {
  readonly dispatchId: string
  readonly restarts: number
  readonly #drawGeneration: () => number
  #generation: number | undefined
  /** Of the present run. */
  attempt = 1
  /** For whom the handler runs; nothing to this class, see current-client.ts. */
  client: unknown
  readonly #dispatchCalls: (calls: Call[]) => Promise<string[]>
  readonly #clockMs: () => number
  readonly #onStir: ((dispatchId: string) => void) | undefined
  /** Between two runs, of which nobody has been told that the second is wanted. */
  #isAsleep = false
  /** By step; made when it is first wanted. */
  #open: Map<number, Awaited> | undefined
  /** Awaits and gathers that wait, a gather counting once. */
  #awaiting = 0
  #timers: Timers | undefined
  #unsent: Call[] = []
  /** Steps of the first and the last call of the last Poll. */
  #lastSent: readonly [number, number] | undefined
  #dispatching = 0
  #steps = 0
  /** Steps that a journal tells of, while the handler is led through it. */
  #recorded: readonly StepNote[] | undefined
  #nowMs = 0
  /** Steps begun since the last run ended; the other notes of the present run. */
  #notes: StepNote[] = []
  #stepsBefore = 0
  #fired: readonly number[] = []
  #pollError: WireError | undefined
  #end: End | undefined
  #abortController: AbortController | undefined
  #interruption: { readonly reason: unknown } | undefined
  #watch: TurnWatch | undefined

  /** Inputs of the calls by step, if they are kept: for replay-check.ts. */
  readonly inputs: Map<number, Any | undefined> | undefined

  constructor(options: CoroutineOptions) {
    this.inputs = options.keepsInputs ? new Map() : undefined
    this.dispatchId = options.dispatchId
    this.restarts = options.restarts
    this.#drawGeneration = options.generation
    this.#dispatchCalls = options.dispatch
    this.#onStir = options.onStir
    this.#clockMs = options.clockMs
  }

  /**
   * Makes a call and waits for its output, as `decode` gives it. Takes `call` over. Rejects with a `DispatchError`
   * when the call fails.
   */
  await<T>(call: Call, decode: (output: Any | undefined) => T): Promise<T> {
    if (this.#end !== undefined) return this.#afterEnd('await')
    this.#begin({ kind: 'await', function: call.function })
    if (this.#end !== undefined) return never()
    const awaited = new Awaited(this.#steps, decode)
    this.#awaiting += 1
    this.#openCall(call, this.#steps, awaited)
    return awaited.promise as Promise<T>
  }

  /**
   * Makes calls and waits for all their outputs, in the order of `calls`. Takes the calls over. Rejects with the
   * first failure that arrives. Without calls it resolves at once (conformance case X15).
   */
  gather<T>(calls: readonly Call[], decode: (output: Any | undefined) => T): Promise<T[]> {
    if (this.#end !== undefined) return this.#afterEnd('gather')
    if (calls.length === 0) return Promise.resolve([])
    const firstStep = this.#steps + 1
    let note: StepNote = { kind: 'await', function: '' }
    for (const call of calls) {
      if (note.function !== call.function) note = { kind: 'await', function: call.function }
      this.#begin(note)
      if (this.#end !== undefined) return never()
    }
    const awaited = new Awaited(firstStep, decode, calls.length)
    this.#awaiting += 1
    for (const [index, call] of calls.entries()) this.#openCall(call, firstStep + index, awaited)
    return awaited.promise as Promise<T[]>
  }

  /** Hands a call to the scheduler and resolves with its id once that is durable, and once for all (C7). */
  dispatch(call: Call): Promise<string> {
    return handledRejection(this.dispatchAll([call]).then(([id]) => id as string))
  }

  /** As {@link dispatch}, for calls that are recorded all or none. Takes the calls over. */
  dispatchAll(calls: readonly Call[]): Promise<string[]> {
    if (this.#end !== undefined) return this.#afterEnd('dispatch')
    if (calls.length === 0) return Promise.resolve([])
    const restarts = this.restarts > 0 ? `${this.restarts}.` : ''
    const notes: DispatchNote[] = []
    for (const call of calls) {
      const note: DispatchNote = {
        kind: 'dispatch',
        function: call.function,
        dispatchId: '',
        error: undefined,
      }
      notes.push((this.#begin(note) as DispatchNote | undefined) ?? note)
      if (this.#end !== undefined) return never()
      this.inputs?.set(this.#steps, call.input)
      // C1. With the function: another attempt may do something else at this step.
      call.dispatchId ||= `${this.dispatchId}/d${restarts}${this.#steps}-${call.function}`
    }
    return handledRejection(this.#carryOut(calls, notes))
  }

  /** Suspends the handler for `durationMs`. 0 or less: not at all. */
  sleep(durationMs: number): Promise<void> {
    if (this.#end !== undefined) return this.#afterEnd('sleep')
    if (!(durationMs > 0)) return Promise.resolve()
    const note: StepNote = {
      kind: 'sleep',
      untilMs: Math.ceil(Math.max(this.#nowMs, this.#clockMs()) + durationMs),
    }
    const recorded = this.#begin(note) as Extract<StepNote, { kind: 'sleep' }> | undefined
    if (this.#end !== undefined) return never()
    this.#timers ??= new Timers()
    return this.#timers.set(this.#steps, recorded?.untilMs ?? note.untilMs)
  }

  /** When the present run, or the one before, began. Epoch milliseconds. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Upper half of the correlation ids. */
  get generation(): number {
    this.#generation ??= this.#drawGeneration()
    return this.#generation
  }

  /** Aborts when a run is interrupted. */
  get signal(): AbortSignal {
    if (this.#abortController === undefined) {
      this.#abortController = new AbortController()
      // A handler may hand it to as many as it likes: it does not outlive the coroutine.
      setMaxListeners(0, this.#abortController.signal)
      if (this.#interruption !== undefined) this.#abortController.abort(this.#interruption.reason)
    }
    return this.#abortController.signal
  }

  get end(): End | undefined {
    return this.#end
  }

  /** Steps begun so far. */
  get steps(): number {
    return this.#steps
  }

  /** What the handler did in the end, by itself. */
  settle(end: Extract<End, { kind: 'returned' | 'threw' }>): void {
    if (this.#end !== undefined) return
    this.#conclude(end)
    this.#stir()
  }

  /** Gives this copy up. Always safe: it can be rebuilt. */
  discard(): void {
    this.#conclude({ kind: 'discarded' })
  }

  /** C10 */
  interrupt(reason: unknown): void {
    if (this.#interruption !== undefined) return
    this.#interruption = { reason }
    this.#abortController?.abort(reason)
    setImmediate(() => {
      if (this.#end === undefined || this.#dispatching > 0) this.#conclude({ kind: 'aborted', reason })
    })
  }

  /** C2. Resolves when the handler stands still and has begun at least `stepsWanted` steps. */
  standStill(stepsWanted = 0): Promise<void> {
    if (this.#end !== undefined && this.#dispatching === 0) return Promise.resolve()
    this.#watch = new TurnWatch(() => this.#isQuiet(stepsWanted))
    return this.#watch.done
  }

  /** C3. Returns the results that somebody waited for. */
  deliver(delivery: Delivery): CallResult[] {
    this.#isAsleep = false
    this.#nowMs = delivery.nowMs
    this.#stepsBefore = this.#notes.length // C8
    this.#fired = delivery.fired ?? this.#timers?.dueSteps(delivery.nowMs) ?? []
    this.#pollError = delivery.pollError
    for (const step of this.#fired) this.#timers?.fire(step)
    if (delivery.pollError !== undefined) this.#failLastSent(delivery.pollError)
    return delivery.results.filter((result) => this.#deliverResult(result))
  }

  /** Ends a run in which the handler came to stand still without an end. */
  suspend(limits: { readonly count: number; readonly bytes: number }): Suspension {
    const calls = this.send(limits)
    const notes: RunNotes = {
      nowMs: this.#nowMs,
      steps: this.#notes,
      stepsBefore: this.#stepsBefore,
      fired: this.#fired,
      callsSent: calls.length,
      pollError: this.#pollError,
    }
    this.#notes = []
    this.#watch = undefined
    this.#isAsleep = true
    return {
      calls,
      hasMoreCalls: this.#unsent.length > 0,
      openCalls: this.#open?.size ?? 0,
      isGather: this.#awaiting === 1 && this.#open?.values().next().value?.isGather === true,
      dueAtMs: this.#timers?.dueAtMs,
      notes,
    }
  }

  /** Takes the next calls to send. */
  send(limits: { readonly count: number; readonly bytes: number }): Call[] {
    const { calls, rest } = takeCalls(
      this.#unsent,
      (call) => this.#open?.has(this.#stepOf(call)) === true,
      limits,
    )
    this.#unsent = rest
    const first = calls[0]
    const last = calls.at(-1)
    this.#lastSent = first && last && [this.#stepOf(first), this.#stepOf(last)]
    return calls
  }

  /** Begins a rebuild, with the steps that the journal tells of, or ends it. */
  expect(recorded: readonly StepNote[] | undefined): void {
    this.#recorded = recorded
  }

  /** Ends the handler, because it is not the one that the journal tells of. */
  refuse(message: string): void {
    this.#conclude({ kind: 'incompatible', message })
  }

  /** Numbers a step. Returns what the journal tells of it, and ends the handler if that is something else (C6). */
  #begin(note: StepNote): StepNote | undefined {
    this.#steps += 1
    const recorded = this.#recorded?.[this.#steps - 1]
    if (recorded === undefined) this.#notes.push(note)
    else {
      const difference = differenceOf(this.#steps, recorded, note)
      if (difference !== undefined) this.refuse(difference)
    }
    this.#watch?.touch()
    this.#stir()
    return recorded
  }

  /** C12 */
  #stir(): void {
    if (!this.#isAsleep) return
    this.#isAsleep = false
    this.#onStir?.(this.dispatchId)
  }

  #openCall(call: Call, step: number, awaited: Awaited): void {
    call.correlationId = correlationIdOf(this.generation, step)
    this.inputs?.set(step, call.input)
    this.#open ??= new Map()
    this.#open.set(step, awaited)
    this.#unsent.push(call)
  }

  /** C7. Dispatches the calls, or gives again what that gave. All of them are of the same run. */
  async #carryOut(calls: readonly Call[], notes: readonly DispatchNote[]): Promise<string[]> {
    const error = notes.find((note) => note.error !== undefined)?.error
    if (error !== undefined) throw fromWireError(error, { dispatchId: calls[0]?.dispatchId ?? '' })
    if (notes.some(({ dispatchId }) => dispatchId === '')) await this.#dispatchNow(calls, notes)
    return notes.map(({ dispatchId }) => dispatchId)
  }

  async #dispatchNow(calls: readonly Call[], notes: readonly DispatchNote[]): Promise<void> {
    this.#dispatching += 1
    try {
      const ids = await this.#dispatchCalls([...calls])
      for (const [index, note] of notes.entries()) note.dispatchId = ids[index] ?? ''
    } catch (error) {
      for (const note of notes) note.error = toWireError(error)
      throw error
    } finally {
      this.#dispatching -= 1
      if (this.#end === undefined) this.#watch?.touch()
      else if (this.#dispatching === 0) this.#watch?.end() // C11
      if (this.#isGone()) await never() // C9
    }
  }

  /** C4 */
  #deliverResult(result: CallResult): boolean {
    const step = stepOfCorrelationId(this.generation, result.correlationId)
    const awaited = step === undefined ? undefined : this.#open?.get(step)
    if (step === undefined || awaited === undefined) return false
    if (result.error !== undefined) this.#fail(awaited, failureOfResult(result, result.error))
    else {
      this.#open?.delete(step)
      if (awaited.accept(step, result.output)) this.#awaiting -= 1
    }
    return true
  }

  /** Fails the calls of the last Poll, and no others (conformance case X18). */
  #failLastSent(error: WireError): void {
    const [first, last] = this.#lastSent ?? [1, 0]
    for (let step = first; step <= last; step++) {
      const awaited = this.#open?.get(step)
      if (awaited !== undefined) this.#fail(awaited, fromWireError(error))
    }
  }

  /** C5 */
  #fail(awaited: Awaited, error: unknown): void {
    for (let step = awaited.firstStep; step < awaited.endStep; step++) this.#open?.delete(step)
    this.#awaiting -= 1
    awaited.fail(error)
  }

  #stepOf(call: Call): number {
    return stepOfCorrelationId(this.generation, call.correlationId) ?? 0
  }

  /** C2 */
  #isQuiet(stepsWanted: number): boolean {
    return (
      this.#dispatching === 0 &&
      this.#steps >= stepsWanted &&
      this.#interruption === undefined &&
      ((this.#open?.size ?? 0) > 0 || (this.#timers?.size ?? 0) > 0)
    )
  }

  #conclude(end: End): void {
    if (this.#end?.kind === 'discarded') return
    this.#end = end
    this.#open = undefined
    this.#timers = undefined
    this.#unsent = []
    if (this.#isGone() || this.#dispatching === 0) this.#watch?.end() // C11
  }

  /** Whether the handler was ended from outside. */
  #isGone(): boolean {
    return this.#end !== undefined && this.#end.kind !== 'returned' && this.#end.kind !== 'threw'
  }

  /** C9 */
  #afterEnd(step: string): Promise<never> {
    if (this.#isGone()) return never()
    const problem = `${step}: the function of call ${this.dispatchId} has ended already; await what it begins before it returns`
    return handledRejection(Promise.reject(new TypeError(problem)))
  }
}

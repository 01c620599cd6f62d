import { type DispatchError, inOwnContext, isEndOfCall } from '@dispatch/protocol'
import type { Any, Call, CallResult } from '@dispatch/protocol/messages'
import { setImmediate } from '@dispatch/protocol/time'
import { detachedCallIdOf } from '../identity/detached-call-id.js'
import {
  createDispatchNote,
  dispatchAndNote,
  isCarriedOut,
  readDispatchNotes,
} from '../journal/dispatch-notes.js'
import { StepLog } from '../journal/step-log.js'
import { type DispatchNote, differenceOf, type StepNote } from '../journal/steps.js'
import { Awaited } from '../waits/awaited.js'
import { OpenCalls } from '../waits/open-calls.js'
import { handledRejection, never } from '../waits/promises.js'
import { StepPromise } from '../waits/step-promise.js'
import { Timers } from '../waits/timers.js'
import { TurnWatch } from '../waits/turn-watch.js'
import { holdRejections, releaseRejections, watchStepError } from '../waits/unhandled-rejections.js'
import type { PollLimits } from '../waits/unsent-calls.js'
import { BegunSteps } from './begun-steps.js'
import type { Delivery, Suspension } from './coroutine-exchange.js'
import type { CoroutineHost } from './coroutine-host.js'
import { insideCoroutine } from './coroutine-storage.js'
import { HandlerSignal } from './handler-signal.js'
import { afterEndError, rejectLateStep } from './late-steps.js'
import {
  assertState,
  beginRebuild,
  beginRun,
  type End,
  endLife,
  FRESH,
  isHandlerEnd,
  type Life,
  resumeSelf,
  suspendRun,
} from './life.js'

export interface CoroutineIdentity {
  readonly dispatchId: string
  readonly restarts: number
  /** Of the copy that is rebuilt; absent for a new coroutine, which draws one when it needs its first correlation id. */
  readonly generation?: number
}

/**
 * A handler in progress.
 *
 * Model. The durable steps of a handler (await, sleep, dispatch) are numbered from 1 in the order in which they begin; a
 * gather is one step per call. A run delivers time and results (`deliver`), waits until the handler is idle (`untilIdle`)
 * and takes the calls that it makes (`suspend`). A coroutine that is not in memory is rebuilt: its handler runs again
 * and is given what the journal recorded of each earlier run (replay.ts). The state is in three parts: the life
 * (life.ts), the log of steps (step-log.ts), and what the handler waits for (open-calls.ts, timers.ts).
 *
 * Rules.
 *  C1  The number of a step is its identity: in correlation ids, in the ids of dispatched calls, in the journal.
 *  C2  A handler is idle when it has ended, or when a macrotask turn has passed in which it began no step, no dispatch
 *      is in progress, and a call or a timer is open. While none is open, the handler waits for something that is not
 *      durable, and the run waits with it.
 *  C3  A delivery first fires timers, by time and then by step; then fails the calls of a refused Poll; then delivers
 *      results in their order.
 *  C4  A result resolves the open step that its correlation id names, if it is of this generation. Any other result is
 *      dropped: a late one, a duplicate, one of an await that was given up.
 *  C5  A gather that fails closes its other steps: their calls are not sent any more, and their results are dropped.
 *  C6  In a rebuild, step n must have the recorded kind and function; otherwise the end is `incompatible`. A step that
 *      begins later than it did is waited for.
 *  C7  A dispatch that the journal records is not repeated: it resolves with the recorded id or rejects with the
 *      recorded error.
 *  C8  Calls of steps begun between two runs are sent with the second, and the steps recorded as begun before it.
 *  C9  After the handler has returned or thrown, or its call has ended (C14), a step rejects, with TypeError or with the
 *      reason; so do the steps that are open then. After any other end a step never settles: no line after it runs, and
 *      no `catch` block either, since the call continues in another copy.
 *  C10 A handler that has not ended one macrotask turn after an interruption ends as `aborted`.
 *  C11 The run of a handler that has ended waits for the dispatches that the handler has begun.
 *  C12 When a handler begins a step or ends between two runs, `onSelfResume` is called, once per suspension: the call
 *      needs a run, whatever else it waits for.
 *  C13 The handler, and the listeners of its signal, run in an async context of their own, which has no store of the
 *      request that dispatched the call, started its run or interrupts it. A store that the handler enters stays with it.
 *
 *  C14 When the call is cancelled or expires, running or suspended, its open steps reject with the reason.
 *  C15 A handler that returns although it has forgotten a step ends as `threw` (begun-steps.ts).
 *
 * Guarantees. No promise given to a handler causes an unhandled rejection unless the handler derives one from it. Every
 * call that a suspended handler waits for was sent or will be. The same journal leads the same handler to the same place.
 */
export class Coroutine {
  readonly dispatchId: string
  readonly restarts: number
  readonly host: CoroutineHost
  /** Attempt of the present run, from 1. */
  attempt = 1
  readonly #log: StepLog
  #life: Life = FRESH
  #generation: number | undefined
  /** Created with the first call, as `#timers` with the first timer. */
  #calls: OpenCalls | undefined
  #timers: Timers | undefined
  /** Dispatches in progress, and whether rejections are awaited (FA2). */
  #dispatches = 0
  #nowMs = 0
  /** Results and timers that the present run has brought. */
  #resultsNow = 0
  #signal: HandlerSignal | undefined
  /** Why the call has ended while the handler was in progress (C14). */
  #endOfCall: DispatchError | undefined
  #afterEndMade: TypeError | undefined
  /** Absent when no step can have been forgotten. */
  #begun: BegunSteps | undefined
  /** Of the present run. */
  #watch: TurnWatch | undefined

  constructor(host: CoroutineHost, { dispatchId, restarts, generation }: CoroutineIdentity) {
    this.host = host
    this.dispatchId = dispatchId
    this.restarts = restarts
    this.#generation = generation
    this.#log = new StepLog(host.keepsInputs)
  }

  /**
   * Makes a call and waits for its output, as `decode` returns it. Takes ownership of `call`. Rejects with a
   * `DispatchError` when the call fails.
   */
  await<T>(call: Call, decode: (output: Any | undefined) => T): Promise<T> {
    if (this.#isOver) return this.#rejectAfterEnd('await', call.function)
    const note: StepNote = { kind: 'await', function: call.function }
    const begun = this.#begin(note)
    if (begun === undefined) return never()
    const awaited = new Awaited(this.#log.count, decode)
    this.#openCall(call, this.#log.count, awaited)
    return this.#watchStep(awaited.promise, awaited.firstStep, note, begun !== note) as Promise<T>
  }

  /**
   * Makes calls and waits for all their outputs, in the order of `calls`. Takes ownership of the calls. Rejects with the
   * first failure that is delivered. Without calls it resolves at once (conformance case X15).
   */
  gather<T>(calls: readonly Call[], decode: (output: Any | undefined) => T): Promise<T[]> {
    if (this.#isOver) return this.#rejectAfterEnd('gather', calls[0]?.function)
    if (calls.length === 0) return Promise.resolve([])
    const firstStep = this.#log.count + 1
    let note: StepNote = { kind: 'await', function: '' }
    let begun: StepNote | undefined
    for (const call of calls) {
      if (note.function !== call.function) note = { kind: 'await', function: call.function }
      begun = this.#begin(note)
      if (begun === undefined) return never()
    }
    const awaited = new Awaited(firstStep, decode, calls.length)
    for (const [index, call] of calls.entries()) this.#openCall(call, firstStep + index, awaited)
    return this.#watchStep(awaited.promise, firstStep, note, begun !== note) as Promise<T[]>
  }

  /** Rejects a call of function `name` that cannot be made, because of its input for example. */
  refuseCall(name: string, cause: unknown): Promise<never> {
    const promise = handledRejection(StepPromise.reject<never>(cause)) as StepPromise<never>
    const note: StepNote = { kind: 'await', function: name }
    this.#begun ??= new BegunSteps()
    this.#begun.add({ promise, step: 0, note, turn: this.#turn, isRecorded: true, cause })
    return promise
  }

  /** Submits a call to the scheduler and resolves with its id once it is durable. Submitted once, see C7. */
  dispatch(call: Call): Promise<string> {
    return handledRejection(this.dispatchAll([call]).then(([id]) => id as string))
  }

  /** Like {@link dispatch}, for calls that are recorded all or none. Takes ownership of the calls. */
  dispatchAll(calls: readonly Call[]): Promise<string[]> {
    if (this.#isOver) return this.#rejectAfterEnd('dispatch', calls[0]?.function)
    if (calls.length === 0) return Promise.resolve([])
    const notes: DispatchNote[] = []
    for (const call of calls) {
      const begun = this.#begin(createDispatchNote(call))
      if (begun === undefined) return never()
      notes.push(begun)
      const step = this.#log.count
      this.#log.keepInput(step, call.input)
      call.dispatchId ||= detachedCallIdOf(this, step, call.function) // C1
    }
    return handledRejection(this.#carryOut(calls, notes))
  }

  /** Suspends the handler for `durationMs`; not at all when it is 0 or less. */
  sleep(durationMs: number): Promise<void> {
    if (!this.#isOver && !(durationMs > 0)) return Promise.resolve()
    return this.sleepUntil(Math.ceil(Math.max(this.#nowMs, this.host.nowMs()) + durationMs))
  }

  /**
   * Suspends the handler until a time, in epoch milliseconds. A step also when that has passed: whether it has must not
   * decide the steps of a handler that is rebuilt.
   */
  sleepUntil(untilMs: number): Promise<void> {
    if (this.#isOver) return this.#rejectAfterEnd('sleep')
    const note = { kind: 'sleep', untilMs } as const
    const begun = this.#begin(note)
    if (begun === undefined) return never()
    this.#timers ??= new Timers()
    const timer = this.#timers.set(this.#log.count, begun.untilMs)
    return this.#watchStep(timer, this.#log.count, note, begun !== note)
  }

  /** When the present run began; between two runs, the one before. Epoch milliseconds. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Upper half of the correlation ids. */
  get generation(): number {
    this.#generation ??= this.host.drawGeneration()
    return this.#generation
  }

  /** Aborts when a run is interrupted. */
  get signal(): AbortSignal {
    this.#signal ??= new HandlerSignal()
    return this.#signal.signal
  }

  get end(): End | undefined {
    return this.#life.state === 'ended' ? this.#life.end : undefined
  }

  /** Number of steps begun so far. */
  get steps(): number {
    return this.#log.count
  }

  /** Inputs of the calls by step, if they are kept. */
  get inputs(): ReadonlyMap<number, Any | undefined> | undefined {
    return this.#log.inputs
  }

  /** Ends the coroutine of a handler that has returned `value` (C15). @param name - Of the function. */
  concludeReturned(value: unknown, name: string): void {
    const turn = this.#resultsNow > 1 ? undefined : this.#turn
    const forgotten = this.#isOver ? undefined : this.#begun?.forgotten(name, turn)
    if (forgotten?.isCertain === true) this.#concludeForgotten(forgotten.error)
    else {
      if (forgotten !== undefined) this.#awaitRejections(forgotten.error)
      this.conclude({ kind: 'returned', value })
    }
  }

  /** C10, C14 */
  interrupt(reason: unknown): void {
    this.#signal ??= new HandlerSignal()
    const signal = this.#signal
    if (signal.isAborted) return
    if (isEndOfCall(reason)) this.#endOfCall = reason
    inOwnContext(() => insideCoroutine(this, () => signal.abort(reason))) // C13
    if (this.#endOfCall !== undefined) this.#failOpen()
    setImmediate(() => {
      if (this.end === undefined || this.#dispatches > 0) this.conclude({ kind: 'aborted', reason })
    })
  }

  /** C2. Resolves when the handler is idle and has begun at least `stepsMin` steps. */
  untilIdle(stepsMin = 0): Promise<void> {
    if (this.end !== undefined && this.#dispatches === 0) return Promise.resolve()
    this.#watch = new TurnWatch(() => this.#isQuiet(stepsMin))
    return this.#watch.done
  }

  /** Begins a run. Returns the results that resolved an open step. */
  deliver(delivery: Delivery): CallResult[] {
    const { nowMs, pollError } = delivery
    const fired = delivery.fired ?? this.#timers?.dueSteps(nowMs) ?? []
    this.#log.expect(undefined)
    if (this.#life.state === 'fresh') holdRejections()
    this.#life = beginRun(this.#life, { nowMs, stepsBefore: this.#log.notesCount, fired, pollError }) // C8
    return this.#bring(delivery, fired)
  }

  /** Ends a run in which the handler became idle without an end. */
  suspend(limits: PollLimits): Suspension {
    const { life, start } = suspendRun(this.#life)
    this.#life = life
    this.#watch = undefined
    const calls = this.takeUnsent(limits)
    if (this.#begun?.record()) this.#begun = undefined
    return {
      calls,
      hasMoreCalls: this.#calls?.hasUnsent ?? false,
      openCalls: this.#calls?.count ?? 0,
      isGather: this.#calls?.isGather ?? false,
      dueAtMs: this.#timers?.dueAtMs,
      notes: {
        nowMs: start.nowMs,
        steps: this.#log.takeNotes(),
        stepsBefore: start.stepsBefore,
        fired: start.fired,
        callsSent: calls.length,
        pollError: start.pollError,
      },
    }
  }

  /** Begins a rebuild, in which the handler is expected to begin the recorded steps. It ends with {@link deliver}. */
  rebuild(recorded: readonly StepNote[]): void {
    this.#life = beginRebuild(this.#life)
    holdRejections()
    this.#log.expect(recorded)
  }

  /** Delivers what a recorded run delivered. */
  redeliver(delivery: Delivery): void {
    assertState(this.#life, 'rebuilding')
    this.#bring(delivery, delivery.fired ?? [])
  }

  /** Takes the next calls to send. */
  takeUnsent(limits: PollLimits): Call[] {
    return this.#calls?.takeUnsent(limits) ?? []
  }

  /**
   * Ends the coroutine, unless it has an end that remains: the only way for it to end. Discarding is always safe, since a
   * coroutine can be rebuilt.
   */
  conclude(end: End): void {
    const before = this.#life
    this.#life = endLife(before, end)
    if (this.#life === before) return
    if (isHandlerEnd(end)) this.#failOpen()
    this.#calls = undefined
    this.#timers = undefined
    this.#begun = undefined
    if (before.state !== 'fresh' && before.state !== 'ended') releaseRejections()
    if (this.#isEndedFromOutside() || this.#dispatches === 0) this.#watch?.end() // C11
    if (before.state === 'suspended' && isHandlerEnd(end) && this.#endOfCall === undefined)
      this.host.onSelfResume?.(this.dispatchId) // C12
  }

  /**
   * Numbers a step. Returns its note, as recorded in a rebuild; `undefined` when it is not the recorded step, and the
   * handler has ended (C6).
   */
  #begin<Note extends StepNote>(note: Note): Note | undefined {
    const begun = this.#log.begin(note)
    if (begun !== note) {
      const difference = differenceOf(this.#log.count, begun, note)
      if (difference !== undefined) this.conclude({ kind: 'incompatible', message: difference })
    }
    this.#watch?.touch()
    if (this.#life.state === 'suspended') {
      this.#life = resumeSelf(this.#life)
      this.host.onSelfResume?.(this.dispatchId) // C12
    }
    return this.end === undefined ? (begun as Note) : undefined
  }

  #openCall(call: Call, step: number, awaited: Awaited): void {
    this.#log.keepInput(step, call.input)
    this.#calls ??= new OpenCalls(this.generation)
    this.#calls.add(call, step, awaited)
  }

  #watchStep<T>(promise: StepPromise<T>, step: number, note: StepNote, isRecorded: boolean): StepPromise<T> {
    this.#begun ??= new BegunSteps()
    this.#begun.add({ promise, step, note, turn: this.#turn, isRecorded })
    return promise
  }

  /** The turn of the present run; between two runs, not equal to any. */
  get #turn(): number {
    return this.#life.state === 'running' ? (this.#watch?.turns ?? 0) : Number.NaN
  }

  /** FA2: the open steps are about to reject. */
  #awaitRejections(error: DispatchError): void {
    watchStepError(this.#afterEnd, () => this.#concludeForgotten(error))
    this.#dispatches += 1
    setImmediate(() => {
      this.#dispatches -= 1
      if (this.#dispatches === 0) this.#watch?.end()
    })
  }

  #concludeForgotten(error: DispatchError): void {
    this.host.logger?.error({ err: error, dispatchId: this.dispatchId }, error.message)
    this.conclude({ kind: 'threw', error })
  }

  /** C9, C14 */
  #failOpen(): void {
    if ((this.#calls?.count ?? 0) + (this.#timers?.size ?? 0) === 0) return
    const error = this.#endOfCall ?? this.#afterEnd
    this.#calls?.failAll(error)
    this.#timers?.failAll(error)
  }

  /** C3 */
  #bring({ nowMs, pollError, results }: Delivery, fired: readonly number[]): CallResult[] {
    this.#nowMs = nowMs
    this.#resultsNow = fired.length + results.length
    for (const step of fired) this.#timers?.fire(step)
    if (pollError !== undefined) this.#calls?.failLastSent(pollError)
    return results.filter((result) => this.#calls?.deliver(result) === true)
  }

  /** C7. Dispatches the calls, unless the journal says what that resulted in. All of them are of the same run. */
  async #carryOut(calls: readonly Call[], notes: readonly DispatchNote[]): Promise<string[]> {
    if (!isCarriedOut(notes)) await this.#dispatchNow(calls, notes)
    return readDispatchNotes(calls, notes)
  }

  async #dispatchNow(calls: readonly Call[], notes: readonly DispatchNote[]): Promise<void> {
    this.#dispatches += 1
    try {
      await dispatchAndNote(calls, notes, this.host.dispatch)
    } finally {
      this.#dispatches -= 1
      if (this.end === undefined) this.#watch?.touch()
      else if (this.#dispatches === 0) this.#watch?.end() // C11
      if (this.#endOfCall !== undefined) await Promise.reject(this.#endOfCall) // C14
      if (this.#isEndedFromOutside()) await never() // C9
    }
  }

  /** C2 */
  #isQuiet(stepsMin: number): boolean {
    return (
      this.#dispatches === 0 &&
      this.#log.count >= stepsMin &&
      this.#signal?.isAborted !== true &&
      ((this.#calls?.count ?? 0) > 0 || (this.#timers?.size ?? 0) > 0)
    )
  }

  #isEndedFromOutside(): boolean {
    return this.end !== undefined && !isHandlerEnd(this.end)
  }

  /** No more steps begin. */
  get #isOver(): boolean {
    return this.end !== undefined || this.#endOfCall !== undefined
  }

  /** C9 */
  #rejectAfterEnd(step: string, name?: string): Promise<never> {
    if (this.#endOfCall !== undefined) return handledRejection(Promise.reject(this.#endOfCall))
    return this.#isEndedFromOutside() ? never() : rejectLateStep(this, name ? `${step} of '${name}'` : step)
  }

  /** With which the open steps reject when the handler has ended. */
  get #afterEnd(): TypeError {
    this.#afterEndMade ??= afterEndError('await', this.dispatchId)
    return this.#afterEndMade
  }
}

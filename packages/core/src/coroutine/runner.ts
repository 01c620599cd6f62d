import { DispatchError, type RunSignal } from '@dispatch/protocol'
import { POLL_RESULTS_MAX } from '@dispatch/protocol/bounds'
import {
  type Any,
  type Call,
  type CallResult,
  type PollResult,
  type RunRequest,
  type RunResponse,
  timestampMs,
} from '@dispatch/protocol/messages'
import { type Classification, responseOfEnd } from './answers/outcomes.js'
import { failureResponse, journalWantedResponse, pollResponse, refusalResponse } from './answers/responses.js'
import type { FunctionDefinition } from './definition/function-definition.js'
import { isFetchResponse, readHttpOutput } from './definition/http-output.js'
import { HandlerContext } from './handler/handler-context.js'
import { linkInterruptions } from './handler/interruptions.js'
import { appendToJournal, encodeRunNotes, readJournal, startJournal } from './journal/journal.js'
import { decodeState, encodeState, type StateFields } from './journal/state.js'
import { Coroutine } from './life/coroutine.js'
import { insideCoroutine, outsideCoroutines } from './life/current-coroutine.js'
import { replay } from './replay/replay.js'
import { replayDifference } from './replay/replay-check.js'
import { tokenBytes, tokenText, type WarmCoroutine, WarmCoroutines } from './warm-coroutines.js'

/** Suspended coroutines in memory: at some 3 KB each, 30 MB. */
const WARM_COROUTINES_MAX = 10_000

/** Longest idle time of a suspended coroutine in memory. Most awaited calls end sooner; 10 minutes. */
const WARM_IDLE_MS_MAX = 600_000

/** Longest time that a handler being rebuilt may take to its next recorded step: I/O between steps happens again. */
const REPLAY_STALL_MS_MAX = 60_000

/** Inputs in one Poll: half of the largest body, so that state, journal and framing have room. */
const POLL_BYTES_MAX = 8_000_000

/** Largest journal inside a state: the request that brings it back must have room for results. */
const STATE_BYTES_MAX = 12_000_000

/** Bytes of a generation and of a token. */
const GENERATION_BYTES = 4
const TOKEN_BYTES = 8

const NO_BYTES = new Uint8Array()

export interface CoroutineRunnerOptions extends Classification {
  /** Epoch milliseconds. */
  readonly nowMs: () => number
  readonly randomBytes: (count: number) => Uint8Array
  /** Hands calls to the scheduler, all or none, and resolves with their ids once that is durable. */
  readonly dispatch: (calls: Call[]) => Promise<string[]>
  /** Is told that a suspended handler has gone on by itself, after a request of its own say, and that its call wants a run. */
  readonly onStir?: ((dispatchId: string) => void) | undefined
  /** Most suspended coroutines kept in memory; 10,000. */
  readonly warmCoroutinesMax?: number
  /** Longest idle time of a suspended coroutine in memory; 10 minutes. */
  readonly warmIdleMsMax?: number
  /** Rebuilds the coroutine at every resume and compares: a handler that does not do the same each time fails. */
  readonly replayCheck?: boolean
  /** Longest time that a handler being rebuilt may take to its next recorded step; 60 seconds. */
  readonly replayStallMsMax?: number
}

/** One run under way. */
interface Run {
  readonly definition: FunctionDefinition
  readonly request: RunRequest
  readonly signal: RunSignal
  readonly nowMs: number
}

/**
 * Runs the handlers of functions as coroutines: keeps them in memory while they are suspended, and rebuilds them
 * from their journal when they are not there.
 */
export class CoroutineRunner {
  readonly #options: CoroutineRunnerOptions
  readonly #warm: WarmCoroutines

  constructor(options: CoroutineRunnerOptions) {
    this.#options = options
    const { warmCoroutinesMax = WARM_COROUTINES_MAX, warmIdleMsMax = WARM_IDLE_MS_MAX } = options
    this.#warm = new WarmCoroutines(warmCoroutinesMax, warmIdleMsMax)
  }

  /** Suspended coroutines in memory. */
  get warmCount(): number {
    return this.#warm.size
  }

  /**
   * Carries out one run. Never rejects, whatever the handler does. Soon after `signal` aborts it resolves with
   * what the handler made of it, or with `temporary`.
   */
  run(definition: FunctionDefinition, request: RunRequest, signal: RunSignal): Promise<RunResponse> {
    const nowMs = Math.floor(this.#options.nowMs())
    const run: Run = { definition, request, signal, nowMs }
    try {
      this.#warm.sweep(nowMs)
      return Promise.resolve(this.#proceed(run))
    } catch (error) {
      return Promise.resolve(this.#broken(run, error))
    }
  }

  /** Forgets all suspended coroutines and aborts their signals with `reason`. They can be rebuilt elsewhere. */
  close(reason: unknown): void {
    this.#warm.clear(reason)
  }

  #proceed(run: Run): RunResponse | Promise<RunResponse> {
    const { directive } = run.request
    switch (directive.case) {
      case 'input':
        return this.#begin(run, directive.value)
      case 'pollResult':
        return this.#resume(run, directive.value)
      default:
        return refusalResponse('invalid_argument', 'the request has neither an input nor a poll_result')
    }
  }

  #begin(run: Run, anyInput: Any): RunResponse | Promise<RunResponse> {
    const { request, nowMs } = run
    this.#warm.drop(request.dispatchId)
    const input = decodeInput(run.definition, anyInput)
    if (input.failure !== undefined) return input.failure
    const journal = request.keepsJournal ? undefined : startJournal(anyInput)
    const warm = this.#create(request, this.#drawGeneration, journal)
    return this.#carryOut(run, warm, () => {
      warm.coroutine.deliver({ nowMs, fired: [], pollError: undefined, results: [] })
      start(run, warm.coroutine, input.value)
      return []
    })
  }

  #resume(run: Run, result: PollResult): RunResponse | Promise<RunResponse> {
    const { request, nowMs } = run
    const state = decodeState(result, run.definition.name)
    if (typeof state === 'string') return refusalResponse('incompatible_state', state)
    if (state.journal.length === 0 && !request.keepsJournal) {
      return refusalResponse('incompatible_state', 'the scheduler does not keep the journal any more')
    }
    const deliver = (warm: WarmCoroutine) =>
      warm.coroutine.deliver({ nowMs, fired: undefined, pollError: result.error, results: result.results })
    const journal = state.journal.length > 0 ? state.journal : request.journal
    if (this.#options.replayCheck && journal === undefined) return journalWantedResponse()
    const warm = this.#warm.take(request.dispatchId, state)
    if (warm !== undefined && !this.#options.replayCheck)
      return this.#carryOut(run, warm, () => deliver(warm))
    return this.#rebuild(run, state, deliver, warm?.coroutine)
  }

  #rebuild(
    run: Run,
    state: StateFields,
    deliver: (warm: WarmCoroutine) => CallResult[],
    original: Coroutine | undefined,
  ): RunResponse | Promise<RunResponse> {
    const { request, definition } = run
    const journal = state.journal.length > 0 ? state.journal : request.journal
    if (journal === undefined) return journalWantedResponse()
    const recording = readJournal(journal, state.runs)
    if (typeof recording === 'string') {
      return refusalResponse('incompatible_state', `the journal cannot be used: ${recording}`)
    }
    const input = decodeInput(definition, recording.input)
    if (input.failure !== undefined) return input.failure
    const ownJournal = state.journal.length > 0 ? state.journal : undefined
    const warm = this.#create(request, () => state.generation, ownJournal)
    warm.runs = state.runs
    warm.original = original
    const { coroutine } = warm
    return this.#carryOut(run, warm, async () => {
      const { replayStallMsMax = REPLAY_STALL_MS_MAX } = this.#options
      await replay(coroutine, recording.runs, () => start(run, coroutine, input.value), replayStallMsMax)
      return deliver(warm)
    })
  }

  #create(request: RunRequest, generation: () => number, journal: Uint8Array | undefined): WarmCoroutine {
    const { dispatchId, restarts } = request
    const { replayCheck = false } = this.#options
    const coroutine = new Coroutine({
      dispatchId,
      restarts,
      generation,
      dispatch: this.#dispatch,
      onStir: this.#options.onStir,
      clockMs: this.#options.nowMs,
      keepsInputs: replayCheck,
    })
    return { coroutine, token: undefined, runs: 0, journal, idleSinceMs: 0 }
  }

  /** Brings a coroutine what it waits for, lets it go on, and answers with what comes of it. */
  async #carryOut(
    run: Run,
    warm: WarmCoroutine,
    bring: () => CallResult[] | Promise<CallResult[]>,
  ): Promise<RunResponse> {
    const { coroutine } = warm
    const { expirationTime, attempt } = run.request
    coroutine.attempt = Math.max(1, attempt)
    const expiresInMs = expirationTime && timestampMs(expirationTime) - run.nowMs
    const unlink = linkInterruptions(coroutine, run.signal, expiresInMs)
    try {
      const brought = bring()
      const results = brought instanceof Promise ? await brought : brought
      await coroutine.standStill()
      return this.#answer(run, warm, results)
    } catch (error) {
      return this.#broken(run, error)
    } finally {
      unlink()
    }
  }

  /** Something failed that was not the handler. */
  #broken(run: Run, error: unknown): RunResponse {
    return responseOfEnd({ kind: 'threw', error }, run.definition, this.#options)
  }

  #answer(run: Run, warm: WarmCoroutine, results: CallResult[]): RunResponse {
    const { coroutine } = warm
    const difference = warm.original && replayDifference(warm.original, coroutine)
    warm.original = undefined
    if (difference !== undefined) return this.#fail(coroutine, difference)
    if (coroutine.end === undefined) return this.#suspend(run, warm, results)
    this.#warm.drop(coroutine.dispatchId)
    return responseOfEnd(coroutine.end, run.definition, this.#options)
  }

  #fail(coroutine: Coroutine, error: DispatchError): RunResponse {
    coroutine.discard()
    return failureResponse(error.status, error)
  }

  #suspend(run: Run, warm: WarmCoroutine, results: CallResult[]): RunResponse {
    const { coroutine } = warm
    warm.token ??= tokenText(this.#options.randomBytes(TOKEN_BYTES))
    const token = tokenBytes(warm.token)
    const count = run.request.pollCallsMax || POLL_RESULTS_MAX
    const suspension = coroutine.suspend({ count, bytes: POLL_BYTES_MAX })
    const entry = encodeRunNotes(suspension.notes)
    warm.runs += 1
    if (warm.journal !== undefined) warm.journal = appendToJournal(warm.journal, results, entry)
    const { runs, journal = NO_BYTES } = warm
    if (journal.length > STATE_BYTES_MAX) {
      coroutine.discard()
      return refusalResponse('permanent', stateTooLarge(run.definition.name, journal.length))
    }
    const nowMs = this.#options.nowMs()
    this.#warm.keep(warm, nowMs)
    const { generation } = coroutine
    const state = encodeState({ function: run.definition.name, token, runs, journal, generation })
    return pollResponse(suspension, state, warm.journal === undefined ? entry : undefined, nowMs)
  }

  readonly #drawGeneration = (): number => {
    const bytes = this.#options.randomBytes(GENERATION_BYTES)
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  }

  readonly #dispatch = async (calls: Call[]): Promise<string[]> => {
    const ids = await outsideCoroutines(() => this.#options.dispatch(calls))
    if (ids.length === calls.length && ids.every((id) => id !== '')) return ids
    throw new DispatchError(
      'invalid_response',
      `the scheduler gave ${ids.length} ids for ${calls.length} calls`,
    )
  }
}

/** Runs the handler. Its code may do anything; nothing of it comes out here. */
function start(run: Run, coroutine: Coroutine, input: unknown): void {
  const context = new HandlerContext(coroutine, run.request)
  insideCoroutine(coroutine, () => handle(run.definition, coroutine, input, context))
}

/**
 * No async function: a coroutine that is suspended keeps in memory whatever waits for it. What waits here holds nothing
 * but the coroutine.
 */
function handle(
  { handler }: FunctionDefinition,
  coroutine: Coroutine,
  input: unknown,
  context: HandlerContext,
): void {
  const threw = (error: unknown) => coroutine.settle({ kind: 'threw', error })
  const returned = (value: unknown) => coroutine.settle({ kind: 'returned', value })
  const gave = (output: unknown) => {
    try {
      if (isFetchResponse(output)) readHttpOutput(output).then(returned, threw)
      else returned(output)
    } catch (error) {
      threw(error)
    }
  }
  try {
    Promise.resolve(handler(input, context)).then(gave, threw)
  } catch (error) {
    threw(error)
  }
}

function decodeInput(
  definition: FunctionDefinition,
  input: Parameters<FunctionDefinition['decodeInput']>[0],
): { readonly value?: unknown; readonly failure?: RunResponse } {
  try {
    return { value: definition.decodeInput(input) }
  } catch (error) {
    return { failure: failureResponse('invalid_argument', error) }
  }
}

function stateTooLarge(name: string, bytes: number): string {
  return (
    `the results that function '${name}' has received take ${bytes} bytes, at most ${STATE_BYTES_MAX} fit into ` +
    'the state of a suspended call; split it into smaller calls, or give ids instead of data'
  )
}

import { DispatchError, inOwnContext, type RunSignal } from '@dispatch/protocol'
import { POLL_RESULTS_MAX } from '@dispatch/protocol/bounds'
import {
  type Any,
  type CallResult,
  type PollResult,
  type RunRequest,
  type RunResponse,
  timestampMs,
} from '@dispatch/protocol/messages'
import { type Classification, responseOfEnd } from './answers/outcomes.js'
import { pollResponse } from './answers/poll-response.js'
import { failureResponse, needsJournalResponse, refusalResponse } from './answers/responses.js'
import type { FunctionDefinition } from './definition/function-definition.js'
import { linkInterruptions } from './handler/interruptions.js'
import { runHandler } from './handler/run-handler.js'
import { appendToJournal, type Recording, readJournal, startJournal } from './journal/journal.js'
import { encodeRunNotes } from './journal/run-entry.js'
import { decodeState, encodeState, STATE_BYTES_MAX, type StateFields } from './journal/state.js'
import { Coroutine } from './life/coroutine.js'
import type { CoroutineHost } from './life/coroutine-host.js'
import { replay } from './replay/replay.js'
import { replayDifference } from './replay/replay-check.js'
import {
  tokenToBytes,
  tokenToString,
  type WarmCoroutine,
  WarmCoroutines,
  type WarmCoroutinesOptions,
} from './warm-coroutines.js'

/** Inputs in one Poll: half of the largest body, which leaves room for state, journal and framing. */
const POLL_BYTES_MAX = 8_000_000

/** Bytes of a generation and of a token. */
const GENERATION_BYTES = 4
const TOKEN_BYTES = 8

const NO_BYTES = new Uint8Array()

export interface CoroutineRunnerOptions
  extends Classification,
    WarmCoroutinesOptions,
    Pick<CoroutineHost, 'nowMs' | 'dispatch'>,
    Partial<Pick<CoroutineHost, 'onSelfResume' | 'client' | 'logger'>> {
  readonly randomBytes: (count: number) => Uint8Array
  /** Rebuilds the coroutine at every resume and compares: a handler that does not do the same each time fails. */
  readonly replayCheck?: boolean
  /** Longest time without a recorded step during a rebuild; 60 seconds. */
  readonly replayStallMsMax?: number
}

/** One run in progress. */
interface Run {
  readonly definition: FunctionDefinition
  readonly request: RunRequest
  readonly signal: RunSignal
  readonly nowMs: number
}

/** A coroutine that a run continues. */
interface Continuation {
  readonly warm: WarmCoroutine
  /** Delivers what the run brings. Returns the results that resolved an open step. */
  readonly deliver: () => CallResult[] | Promise<CallResult[]>
  /** The copy that was in memory, to be compared with the one that is rebuilt. */
  readonly original?: Coroutine | undefined
}

/**
 * Runs the handlers of functions as coroutines: keeps them in memory while they are suspended, and rebuilds those that are
 * not in memory from their journal.
 */
export class CoroutineRunner {
  readonly #options: CoroutineRunnerOptions
  readonly #host: CoroutineHost
  readonly #warm: WarmCoroutines

  constructor(options: CoroutineRunnerOptions) {
    this.#options = options
    this.#warm = new WarmCoroutines(options)
    this.#host = createHost(options)
  }

  /** Number of suspended coroutines in memory. */
  get warmCount(): number {
    return this.#warm.size
  }

  /**
   * Carries out one run. Never rejects, whatever the handler does. Soon after `signal` aborts it resolves with what the
   * handler returned or threw because of it, or with `temporary`.
   */
  run(definition: FunctionDefinition, request: RunRequest, signal: RunSignal): Promise<RunResponse> {
    const nowMs = Math.floor(this.#options.nowMs())
    const run: Run = { definition, request, signal, nowMs }
    try {
      this.#warm.sweep(nowMs)
      return Promise.resolve(this.#proceed(run))
    } catch (error) {
      return Promise.resolve(this.#responseOfProblem(run, error))
    }
  }

  /** A suspended call has ended: its copy, if it is in memory, is interrupted and dropped. */
  endCall(dispatchId: string, reason: DispatchError): void {
    this.#warm.endCall(dispatchId, reason)
  }

  /** Drops all suspended coroutines and aborts their signals with `reason`. They can be rebuilt elsewhere. */
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
    const { definition, request, nowMs } = run
    const { dispatchId, restarts } = request
    this.#warm.drop(dispatchId)
    const input = decodeInput(definition, anyInput)
    if (input.failure !== undefined) return input.failure
    const coroutine = new Coroutine(this.#host, { dispatchId, restarts })
    const journal = request.keepsJournal ? undefined : startJournal(anyInput)
    const warm: WarmCoroutine = { coroutine, token: undefined, runs: 0, journal, idleSinceMs: 0 }
    const deliver = () => {
      coroutine.deliver({ nowMs, fired: [], pollError: undefined, results: [] })
      runHandler(definition, coroutine, input.value, request)
      return []
    }
    return this.#carryOut(run, { warm, deliver })
  }

  #resume(run: Run, result: PollResult): RunResponse | Promise<RunResponse> {
    const { request, definition, nowMs } = run
    const state = decodeState(result, definition.name)
    if (typeof state === 'string') return refusalResponse('incompatible_state', state)
    if (state.journal.length === 0 && !request.keepsJournal) {
      return refusalResponse('incompatible_state', 'the scheduler no longer keeps the journal')
    }
    const { replayCheck = false } = this.#options
    const journal = state.journal.length > 0 ? state.journal : request.journal
    if (replayCheck && journal === undefined) return needsJournalResponse()
    const deliverTo = ({ coroutine }: WarmCoroutine) =>
      coroutine.deliver({ nowMs, fired: undefined, pollError: result.error, results: result.results })
    const warm = this.#warm.take(request.dispatchId, state)
    if (warm !== undefined && !replayCheck) {
      return this.#carryOut(run, { warm, deliver: () => deliverTo(warm) })
    }
    if (journal === undefined) return needsJournalResponse()
    const recording = readJournal(journal, state.runs)
    if (typeof recording === 'string') {
      return refusalResponse('incompatible_state', `the journal cannot be used: ${recording}`)
    }
    return this.#rebuild(run, state, recording, { deliverTo, original: warm?.coroutine })
  }

  #rebuild(
    run: Run,
    state: StateFields,
    recording: Recording,
    then: {
      readonly deliverTo: (warm: WarmCoroutine) => CallResult[]
      readonly original: Coroutine | undefined
    },
  ): RunResponse | Promise<RunResponse> {
    const { definition, request } = run
    const { dispatchId, restarts } = request
    const input = decodeInput(definition, recording.input)
    if (input.failure !== undefined) return input.failure
    const { generation, runs } = state
    const coroutine = new Coroutine(this.#host, { dispatchId, restarts, generation })
    const journal = state.journal.length > 0 ? state.journal : undefined
    const warm: WarmCoroutine = { coroutine, token: undefined, runs, journal, idleSinceMs: 0 }
    const start = () => runHandler(definition, coroutine, input.value, request)
    const deliver = async () => {
      await replay(coroutine, recording.runs, start, this.#options.replayStallMsMax)
      return then.deliverTo(warm)
    }
    return this.#carryOut(run, { warm, deliver, original: then.original })
  }

  /** Delivers to a coroutine, waits until its handler is idle or has ended, and responds accordingly. */
  async #carryOut(run: Run, { warm, deliver, original }: Continuation): Promise<RunResponse> {
    const { coroutine } = warm
    const expiresAtMs = expiresAtMsOf(run.request)
    coroutine.attempt = Math.max(1, run.request.attempt)
    const expiresInMs = expiresAtMs === undefined ? undefined : expiresAtMs - run.nowMs
    const unlink = linkInterruptions(coroutine, run.signal, expiresInMs)
    try {
      const delivered = deliver()
      const results = delivered instanceof Promise ? await delivered : delivered
      await coroutine.untilIdle()
      const difference = original && replayDifference(original, coroutine)
      if (difference !== undefined) return refuse(coroutine, failureResponse(difference.status, difference))
      if (coroutine.end === undefined) return this.#suspend(run, warm, results)
      this.#warm.drop(coroutine.dispatchId)
      return responseOfEnd(coroutine.end, run.definition, this.#options)
    } catch (error) {
      return this.#responseOfProblem(run, error)
    } finally {
      unlink()
    }
  }

  #suspend(run: Run, warm: WarmCoroutine, results: CallResult[]): RunResponse {
    const { coroutine } = warm
    const { name } = run.definition
    warm.token ??= tokenToString(this.#options.randomBytes(TOKEN_BYTES))
    const token = tokenToBytes(warm.token)
    const count = run.request.pollCallsMax || POLL_RESULTS_MAX
    const suspension = coroutine.suspend({ count, bytes: POLL_BYTES_MAX })
    const entry = encodeRunNotes(suspension.notes)
    warm.runs += 1
    if (warm.journal !== undefined) warm.journal = appendToJournal(warm.journal, results, entry)
    const { runs, journal = NO_BYTES } = warm
    if (journal.length > STATE_BYTES_MAX) return refuse(coroutine, stateTooLarge(name, journal.length))
    const nowMs = this.#options.nowMs()
    this.#warm.keep(warm, nowMs, expiresAtMsOf(run.request))
    const { generation } = coroutine
    const state = encodeState({ function: name, token, runs, journal, generation })
    return pollResponse(suspension, state, warm.journal === undefined ? entry : undefined, nowMs)
  }

  /** The response when something other than the handler failed. */
  #responseOfProblem(run: Run, error: unknown): RunResponse {
    return responseOfEnd({ kind: 'threw', error }, run.definition, this.#options)
  }
}

function createHost(options: CoroutineRunnerOptions): CoroutineHost {
  return {
    nowMs: options.nowMs,
    dispatch: async (calls) => {
      const ids = await inOwnContext(() => options.dispatch(calls))
      if (ids.length === calls.length && ids.every((id) => id !== '')) return ids
      throw new DispatchError(
        'invalid_response',
        `ids of dispatched calls: expected one for each of ${calls.length} calls, got ${ids.length}`,
      )
    },
    drawGeneration: () => {
      const bytes = options.randomBytes(GENERATION_BYTES)
      return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
    },
    onSelfResume: options.onSelfResume,
    logger: options.logger,
    keepsInputs: options.replayCheck ?? false,
    client: options.client,
  }
}

function expiresAtMsOf({ expirationTime }: RunRequest): number | undefined {
  return expirationTime && timestampMs(expirationTime)
}

/** Discards a coroutine that must not be continued, and answers with `response`. */
function refuse(coroutine: Coroutine, response: RunResponse): RunResponse {
  coroutine.conclude({ kind: 'discarded' })
  return response
}

function decodeInput(
  definition: FunctionDefinition,
  input: Any | undefined,
): { readonly value?: unknown; readonly failure?: RunResponse } {
  try {
    return { value: definition.decodeInput(input) }
  } catch (error) {
    return { failure: failureResponse('invalid_argument', error) }
  }
}

function stateTooLarge(name: string, bytes: number): RunResponse {
  return refusalResponse(
    'permanent',
    `the results that function '${name}' has received take ${bytes} bytes, at most ${STATE_BYTES_MAX} fit into ` +
      'the state of a suspended call; split it into smaller calls, or pass ids instead of data',
  )
}

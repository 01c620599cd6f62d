import { randomBytes } from 'node:crypto'
import type { CallContext } from '@dispatch/core'
import { DispatchError, statusOfCode } from '@dispatch/protocol'
import {
  type Any,
  AnySchema,
  type Call,
  type CallResult,
  CallResultSchema,
  CallSchema,
  create,
  fromBinary,
  type Journal,
  JournalEntrySchema,
  JournalSchema,
  type Message,
  type MessageSchema,
  type Poll,
  PollResultSchema,
  type RunRequest,
  RunRequestSchema,
  type RunResponse,
  RunResponseSchema,
  timestampFromMs,
  toBinary,
  type WireError,
  WireErrorSchema,
} from '@dispatch/protocol/messages'
import type { Test } from 'tap'
import type { FunctionDefinition } from '../../dist/coroutine/definition/function-definition.js'
import {
  type Coroutine,
  CoroutineRunner,
  type CoroutineRunnerOptions,
  currentCoroutine,
} from '../../dist/coroutine/index.js'

/** Whether coroutines stay in memory between runs, and whether the scheduler keeps journals. */
export interface Mode {
  readonly name: string
  readonly isWarm: boolean
  readonly keepsJournal: boolean
}

/** A behaviour that holds in one mode must hold in all. */
export const MODES: readonly Mode[] = [
  { name: 'warm, journal kept', isWarm: true, keepsJournal: true },
  { name: 'cold, journal kept', isWarm: false, keepsJournal: true },
  { name: 'warm, plain', isWarm: true, keepsJournal: false },
  { name: 'cold, plain', isWarm: false, keepsJournal: false },
]

const JSON_TYPE = 'type.googleapis.com/test.Json'

/** A value of a test's function, encoded. */
export function json(value: unknown): Any {
  return create(AnySchema, { typeUrl: JSON_TYPE, value: Buffer.from(JSON.stringify(value ?? null)) })
}

export function fromJson(any: Any | undefined): unknown {
  return any === undefined ? undefined : JSON.parse(Buffer.from(any.value).toString())
}

export function define(
  handler: (input: never, call: CallContext) => unknown,
  more: Partial<FunctionDefinition> = {},
): FunctionDefinition {
  return {
    name: 'main',
    decodeInput: fromJson,
    encodeOutput: (output) => (output === undefined ? undefined : json(output)),
    handler: handler as FunctionDefinition['handler'],
    unknownErrorStatus: 'permanent',
    ...more,
  }
}

export function callOf(name: string, input?: unknown): Call {
  return create(CallSchema, { function: name, input: json(input) })
}

function insideHandler(): Coroutine {
  const coroutine = currentCoroutine()
  if (coroutine === undefined) throw new TypeError('expected to be inside a handler')
  return coroutine
}

/** Like `fn.await`, without types. */
export async function awaitCall(name: string, input?: unknown): Promise<unknown> {
  return await insideHandler().await(callOf(name, input), fromJson)
}

export async function gatherCalls(name: string, inputs: readonly unknown[]): Promise<unknown[]> {
  return await insideHandler().gather(
    inputs.map((input) => callOf(name, input)),
    fromJson,
  )
}

export function dispatchCall(name: string, input?: unknown): Promise<string> {
  return insideHandler().dispatch(callOf(name, input))
}

export function createRunner(options: Partial<CoroutineRunnerOptions> = {}): CoroutineRunner {
  return new CoroutineRunner({
    nowMs: () => 0,
    randomBytes: (count) => randomBytes(count),
    classify: (error, unknownErrorStatus) =>
      error instanceof DispatchError
        ? { status: error.status, retryAfterMs: error.retryAfterMs }
        : { status: unknownErrorStatus },
    statusOfOutput: () => 'ok',
    dispatch: async () => {
      throw new DispatchError('temporary', 'no scheduler in this test')
    },
    ...options,
  })
}

/** Drives one call of a function as a scheduler does, one run after the other, with what the test delivers. */
export class CallDriver {
  readonly mode: Mode
  readonly definition: FunctionDefinition
  nowMs = 1_000_000
  restarts = 0
  attempt = 1
  dispatchId = 'call-1'
  pollCallsMax = 0
  /** All requests so far, without those that repeat a run to add the journal. */
  requests: RunRequest[] = []
  /** The journal that a scheduler of this project keeps. */
  journal: Journal = create(JournalSchema)
  /** Response of the last run. */
  response: RunResponse | undefined
  /** Number of requests with a journal. */
  rebuilds = 0
  readonly #options: Partial<CoroutineRunnerOptions>
  #runner: CoroutineRunner

  constructor(mode: Mode, definition: FunctionDefinition, options: Partial<CoroutineRunnerOptions> = {}) {
    this.mode = mode
    this.definition = definition
    this.#options = { nowMs: () => this.nowMs, ...options }
    this.#runner = createRunner(this.#options)
  }

  get runner(): CoroutineRunner {
    return this.#runner
  }

  /** Loses everything in the memory of the endpoint's process. */
  restartProcess(): void {
    this.#runner = createRunner(this.#options)
  }

  begin(input?: unknown, signal?: AbortSignal): Promise<RunResponse> {
    const any = json(input)
    this.journal = create(JournalSchema, { input: any })
    return this.send(this.#request({ case: 'input', value: any }), signal)
  }

  resume(results: readonly CallResult[] = [], error?: WireError, signal?: AbortSignal): Promise<RunResponse> {
    const value = create(PollResultSchema, { state: this.poll.state, results: [...results] })
    if (error !== undefined) value.error = error
    return this.send(this.#request({ case: 'pollResult', value }), signal)
  }

  /** Sends the last request again, as after a lost response. */
  repeat(): Promise<RunResponse> {
    const request = this.requests.at(-1)
    if (request === undefined) throw new Error('expected a request before repeat()')
    return this.send(request, undefined, { isRepeated: true })
  }

  async send(
    request: RunRequest,
    signal: AbortSignal = new AbortController().signal,
    { isRepeated = false } = {},
  ): Promise<RunResponse> {
    if (!this.mode.isWarm) this.restartProcess()
    if (isRepeated && this.response?.directive.case === 'poll') this.journal.entries.pop()
    if (!isRepeated) this.requests.push(request)
    let response = await this.exchange(request, signal)
    if (response.journalWanted) {
      this.rebuilds += 1
      response = await this.exchange(create(RunRequestSchema, { ...request, journal: this.journal }), signal)
    }
    this.response = response
    if (response.directive.case === 'poll' && this.mode.keepsJournal) {
      const results = request.directive.case === 'pollResult' ? request.directive.value.results : []
      this.journal.entries.push(
        create(JournalEntrySchema, { results, entry: response.directive.value.journalEntry }),
      )
    }
    return response
  }

  /** One exchange over the wire. A plain scheduler neither sends nor keeps extension fields. */
  async exchange(request: RunRequest, signal: AbortSignal): Promise<RunResponse> {
    const { keepsJournal } = this.mode
    const received = overTheWire(RunRequestSchema, request, keepsJournal)
    const response = await this.#runner.run(this.definition, received, signal)
    return overTheWire(RunResponseSchema, response, keepsJournal)
  }

  /** The Poll that the last run ended with. */
  get poll(): Poll {
    const { directive } = this.response ?? {}
    if (directive?.case !== 'poll') throw new Error(`expected a poll, got ${JSON.stringify(this.outcome)}`)
    return directive.value
  }

  /** Summary of how the last run ended. */
  get outcome():
    | { status: string; output?: unknown; error?: string; type?: string; message?: string }
    | 'poll' {
    const response = this.response
    if (response === undefined) throw new Error('expected a run before outcome')
    if (response.directive.case === 'poll') return 'poll'
    const status = statusOfCode(response.status)
    const result = response.directive.value?.result
    return {
      status,
      ...(result?.output !== undefined && { output: fromJson(result.output) }),
      ...(result?.error !== undefined && { error: `${result.error.type}: ${result.error.message}` }),
    }
  }

  #request(directive: RunRequest['directive']): RunRequest {
    return create(RunRequestSchema, {
      function: this.definition.name,
      directive,
      dispatchId: this.dispatchId,
      rootDispatchId: this.dispatchId,
      creationTime: timestampFromMs(1_000_000),
      attempt: this.attempt,
      restarts: this.restarts,
      keepsJournal: this.mode.keepsJournal,
      pollCallsMax: this.pollCallsMax,
    })
  }
}

/** The result of a call that succeeded. */
export function resultOf(call: Call, output?: Any): CallResult {
  return create(CallResultSchema, {
    correlationId: call.correlationId,
    dispatchId: `child-${call.correlationId}`,
    ...(output !== undefined && { output }),
  })
}

/** The result of a call that failed. */
export function failedResultOf(call: Call, message: string, type = 'ValueError'): CallResult {
  return create(CallResultSchema, { ...resultOf(call), error: errorOf(message, type) })
}

export function errorOf(message: string, type = 'ValueError'): WireError {
  return create(WireErrorSchema, { type, message })
}

/** The message as the other side decodes it. A peer of another project drops extension fields, which are numbered from 1000. */
function overTheWire<Shape extends Message>(
  schema: MessageSchema<Shape>,
  message: Shape,
  keepsExtensions: boolean,
): Shape {
  const received = fromBinary(schema, toBinary(schema, message))
  if (!keepsExtensions) dropExtensions(schema as MessageSchema, received)
  return received
}

function dropExtensions(schema: MessageSchema, message: Message): void {
  const properties = message as unknown as Record<string, unknown>
  const empty = schema.empty() as unknown as Record<string, unknown>
  for (const { no, key, oneof, type } of schema.fields) {
    const choice = oneof === undefined ? undefined : (properties[oneof] as { case?: string; value?: unknown })
    const content = oneof === undefined ? properties[key] : choice?.case === key ? choice.value : undefined
    if (no >= 1000) properties[key] = empty[key]
    else if (type !== undefined && content !== undefined) {
      for (const item of [content].flat()) dropExtensions(type(), item as Message)
    }
  }
}

/** Runs a check in every mode, as a test with that name. */
export function inEachMode(t: Test, name: string, check: (t: Test, mode: Mode) => Promise<void>): void {
  t.test(name, async (t) => {
    t.plan(MODES.length)
    for (const mode of MODES) t.test(mode.name, (t) => check(t, mode))
  })
}

/** The mode with these properties. */
export function modeOf(isWarm: boolean, keepsJournal: boolean): Mode {
  const mode = MODES.find((it) => it.isWarm === isWarm && it.keepsJournal === keepsJournal)
  if (mode === undefined) throw new Error('expected a mode of MODES')
  return mode
}

/** The first call of the last poll. */
export function firstCall(driver: CallDriver): Call {
  const [call] = driver.poll.calls
  if (call === undefined) throw new Error('expected a poll with calls')
  return call
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

import { DispatchError, type Scheduler } from '@dispatch/protocol'
import {
  envelopeOf,
  MESSAGE_STREAM_TYPE,
  MessageStreamReader,
  parseUnaryResponse,
  UnaryError,
  unaryHeaders,
} from '@dispatch/protocol/connect'
import {
  CANCEL_PATH,
  type Call,
  type CallInfo,
  CancelRequestSchema,
  CancelResponseSchema,
  create,
  DISPATCH_PATH,
  DispatchRequestSchema,
  DispatchResponseSchema,
  durationFromMs,
  fromBinary,
  GET_PATH,
  GetRequestSchema,
  GetResponseSchema,
  type Message,
  type MessageInit,
  type MessageSchema,
  toBinary,
  WAIT_BATCH_PATH,
  WAIT_PATH,
  WaitBatchRequestSchema,
  WaitBatchResponseSchema,
  WaitRequestSchema,
  WaitResponseSchema,
} from '@dispatch/protocol/messages'
import type { Setting } from '../checks/config-urls.js'
import { classify } from '../errors/classify.js'
import { createDispatchGroup } from './dispatch-group.js'
import { PostError, type Poster } from './http-post.js'
import { createWaitGroup } from './wait-group.js'

/** Most repeats of one request. */
const REPEATS_MAX = 6

/** Longest time from a request to its last repeat: its caller waits for the answer. Milliseconds. */
const REPEAT_UNTIL_MS = 15_000
const BACK_OFF_MS_MIN = 100
const BACK_OFF_MS_MAX = 3_000

/** Longest time to an answer for which the scheduler need not wait. Milliseconds. */
const TIMEOUT_MS = 10_000

/** The clock, randomness and transport of a client of a scheduler. */
export interface HttpSchedulerWorld {
  readonly poster: Poster
  readonly nowMs: () => number
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<unknown>
  /** Makes the ids of the calls that are sent. */
  readonly createId: () => string
}

export interface HttpSchedulerOptions {
  /** Without a final slash. */
  readonly apiUrl: string
  readonly apiKey: Setting
  readonly bodyBytesMax: number
  readonly world: HttpSchedulerWorld
}

/**
 * Makes a client of a scheduler that is reached by HTTP.
 *
 * Rules.
 *  H1 Every call is sent with an id that this client made, so a request that is repeated after a lost answer records
 *     nothing twice. The ids in the answer are authoritative.
 *  H2 A request that had no effect (no connection, 429, 503) is repeated, after `Retry-After` or a back-off with full
 *     jitter. So is one whose answer was lost, unless an earlier answer had other ids than the request: such a scheduler
 *     would record the calls twice.
 *  H3 A request is repeated at most {@link REPEATS_MAX} times and not after {@link REPEAT_UNTIL_MS}.
 *     A Dispatch that a full scheduler refuses is repeated by dispatch-group.ts instead, which makes it smaller.
 *  H4 Calls that are dispatched while several requests are under way share the next one (dispatch-group.ts), and so do
 *     waits that begin concurrently (wait-group.ts).
 */
export function createHttpScheduler(options: HttpSchedulerOptions): Scheduler {
  const { world } = options
  let keepsIds = true
  const client = createClient(options)
  const send = async (calls: readonly Call[]): Promise<string[]> => {
    const { dispatchIds } = await client.call(
      DISPATCH_PATH,
      [DispatchRequestSchema, { calls: [...calls] }],
      DispatchResponseSchema,
      { canRepeat: () => keepsIds, repeatsThrottled: false },
    )
    if (dispatchIds.length !== calls.length) {
      throw new DispatchError(
        'invalid_response',
        `the scheduler at ${options.apiUrl}: expected ${calls.length} ids for as many calls, got ${dispatchIds.length}`,
      )
    }
    keepsIds = dispatchIds.every((id, index) => id === (calls[index] as Call).dispatchId)
    return dispatchIds
  }
  const dispatchTogether = createDispatchGroup({ send, nowMs: world.nowMs, sleep: (ms) => world.sleep(ms) })
  const wait = createWaitGroup({
    async waitAlone(dispatchId, timeoutMs, signal) {
      const timeout = durationFromMs(Math.ceil(timeoutMs))
      const request = [WaitRequestSchema, { dispatchId, timeout }] as const
      return await callOrNone(
        client.call(WAIT_PATH, request, WaitResponseSchema, {
          timeoutMs: timeoutMs + TIMEOUT_MS,
          signal,
        }),
      )
    },
    async waitTogether(dispatchIds, timeoutMs, { signal, onCall }) {
      const timeout = durationFromMs(Math.ceil(timeoutMs))
      await client.stream(
        WAIT_BATCH_PATH,
        toBinary(
          WaitBatchRequestSchema,
          create(WaitBatchRequestSchema, { dispatchIds: [...dispatchIds], timeout }),
        ),
        (message) => {
          const { index, result } = fromBinary(WaitBatchResponseSchema, message)
          if (result.case === 'call') onCall(index, result.value)
        },
        { timeoutMs: timeoutMs + TIMEOUT_MS, signal },
      )
    },
  })
  return {
    wait,
    async dispatch(calls) {
      if (calls.length === 0) return []
      return await dispatchTogether(
        calls.map((call) => (call.dispatchId === '' ? { ...call, dispatchId: world.createId() } : call)),
      )
    },
    async get(dispatchId) {
      const request = [GetRequestSchema, { dispatchId }] as const
      return await callOrNone(client.call(GET_PATH, request, GetResponseSchema))
    },
    async cancel(dispatchId) {
      const request = [CancelRequestSchema, { dispatchId }] as const
      return await callOrNone(client.call(CANCEL_PATH, request, CancelResponseSchema))
    },
  }
}

interface ClientCallOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
  /** Whether the request may be repeated although the scheduler may have acted on it. */
  readonly canRepeat?: () => boolean
  /** Whether the request is repeated automatically when the scheduler is full. Default: yes. */
  readonly repeatsThrottled?: boolean
}

function createClient({ apiUrl, apiKey, bodyBytesMax, world }: HttpSchedulerOptions) {
  const exchange = async <Output extends Message>(
    path: string,
    body: Uint8Array,
    output: MessageSchema<Output>,
    { timeoutMs = TIMEOUT_MS, signal }: ClientCallOptions,
  ): Promise<Output> => {
    const answer = await world.poster.post(apiUrl + path, {
      headers: unaryHeaders({ apiKey: apiKey.value, timeoutMs }),
      body,
      timeoutMs,
      bodyBytesMax,
      signal,
    })
    return parseUnaryResponse(answer.status, answer.headers, answer.body, output, {
      bodyBytesMax,
      nowMs: world.nowMs(),
    })
  }

  return {
    /** Makes a request that is answered with a stream, once. @throws The error as it is, without an explanation. */
    async stream(
      path: string,
      message: Uint8Array,
      onMessage: (message: Uint8Array) => void,
      { timeoutMs = TIMEOUT_MS, signal }: ClientCallOptions,
    ): Promise<void> {
      const reader = new MessageStreamReader(bodyBytesMax)
      const { status } = await world.poster.post(apiUrl + path, {
        headers: {
          ...unaryHeaders({ apiKey: apiKey.value, timeoutMs }),
          'content-type': MESSAGE_STREAM_TYPE,
        },
        body: envelopeOf(message),
        timeoutMs,
        bodyBytesMax,
        signal,
        onChunk: (chunk) => reader.push(chunk).forEach(onMessage),
      })
      if (status !== 200) throw new Error(`HTTP ${status}`)
    },
    async call<Input extends Message, Output extends Message>(
      path: string,
      [schema, init]: readonly [MessageSchema<Input>, MessageInit<Input>],
      output: MessageSchema<Output>,
      options: ClientCallOptions = {},
    ): Promise<Output> {
      const body = toBinary(schema, create(schema, init))
      const untilMs = world.nowMs() + REPEAT_UNTIL_MS
      for (let repeats = 0; ; repeats++) {
        try {
          return await exchange(path, body, output, options)
        } catch (error) {
          options.signal?.throwIfAborted()
          const delayMs =
            repeats < REPEATS_MAX ? repeatDelayMsOf(error, repeats, options, world.random()) : undefined
          if (delayMs === undefined || world.nowMs() + delayMs > untilMs) {
            throw explainError(error, path, apiUrl, apiKey)
          }
          await world.sleep(delayMs, options.signal)
        }
      }
    },
  }
}

/** The delay before the request is repeated; `undefined` when it must not be (H2). */
function repeatDelayMsOf(
  error: unknown,
  repeats: number,
  options: ClientCallOptions,
  roll: number,
): number | undefined {
  const backOffMs = Math.ceil(roll * Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_MIN * 2 ** repeats))
  if (error instanceof PostError) {
    return !error.wasSent || (options.canRepeat?.() ?? true) ? backOffMs : undefined
  }
  if (!(error instanceof UnaryError) || (error.httpStatus !== 429 && error.httpStatus !== 503))
    return undefined
  if (error.httpStatus === 429 && options.repeatsThrottled === false) return undefined
  return Math.max(backOffMs, error.retryAfterMs ?? 0)
}

/** The call in an answer; `undefined` when the scheduler answers `not_found`. */
async function callOrNone(
  answer: Promise<{ readonly call?: CallInfo | undefined }>,
): Promise<CallInfo | undefined> {
  try {
    return (await answer).call
  } catch (error) {
    if (error instanceof UnaryError && error.code === 'not_found') return undefined
    throw error
  }
}

/** The error that users get when a request to the scheduler has failed and is not repeated. */
function explainError(error: unknown, path: string, apiUrl: string, apiKey: Setting): DispatchError {
  if (error instanceof PostError) {
    const { status } = classify(error.cause, 'tcp')
    const message = `the scheduler at ${apiUrl} cannot be reached: ${error.message}`
    return new DispatchError(status, message, { cause: error.cause })
  }
  if (!(error instanceof UnaryError)) throw error
  if (error.httpStatus === 401) {
    return new DispatchError(
      'unauthenticated',
      `the scheduler at ${apiUrl} does not accept the API key ${redact(apiKey.value)} of ${apiKey.source}: ${error.message}`,
      { cause: error },
    )
  }
  if (error.code === 'unimplemented' && path.startsWith('/dispatch.api.v1.')) {
    return new DispatchError(
      'not_found',
      `the scheduler at ${apiUrl} does not serve ${path.slice(1)}: it accepts calls, but cannot report their results`,
      { cause: error },
    )
  }
  return error
}

/** The beginning of a key, which identifies it (conformance case C03). */
function redact(key: string): string {
  return `${key.slice(0, 3)}********`
}

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
  type Call,
  type CallInfo,
  CancelRequestSchema,
  CancelResponseSchema,
  create,
  DispatchRequestSchema,
  DispatchResponseSchema,
  durationFromMs,
  fromBinary,
  GetRequestSchema,
  GetResponseSchema,
  type Message,
  type MessageInit,
  type MessageSchema,
  toBinary,
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

/** A request is repeated at most so often … */
const REPEATS_MAX = 6
/** … and only as long as its first one is not older than this: somebody waits for the answer. Milliseconds. */
const REPEAT_UNTIL_MS = 15_000
const BACK_OFF_MS_MIN = 100
const BACK_OFF_MS_MAX = 3_000

/** Time for an answer that needs no waiting. Milliseconds. */
const TIMEOUT_MS = 10_000

/** The world, as far as a client of a scheduler needs it. */
export interface HttpSchedulerWorld {
  readonly poster: Poster
  readonly nowMs: () => number
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<unknown>
  /** Makes the ids of the calls we send. */
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
 * A scheduler that is reached by HTTP.
 *
 * Rules.
 *  H1 Every call is sent with an id of ours, so that a request can be repeated after a lost answer and records nothing
 *     twice. The ids that count are those of the answer.
 *  H2 A request that had no effect (no connection, 429, 503) is repeated, after `Retry-After` or a back-off with full
 *     jitter. So is one whose answer was lost, unless the scheduler has shown, by giving calls other ids, that it
 *     would record them twice.
 *  H3 A request is repeated at most {@link REPEATS_MAX} times and not after {@link REPEAT_UNTIL_MS}.
 *     A Dispatch that finds the scheduler full is repeated by dispatch-group.ts, which knows how to make it smaller.
 *  H4 Calls that are dispatched while several requests are under way share the next one (dispatch-group.ts), and so do
 *     those who begin to wait for calls at one time (wait-group.ts).
 */
export function createHttpScheduler(options: HttpSchedulerOptions): Scheduler {
  const { world } = options
  let keepsIds = true
  const client = createClient(options)
  const send = async (named: readonly Call[]): Promise<string[]> => {
    const { dispatchIds } = await client.call(
      'dispatch.sdk.v1.DispatchService/Dispatch',
      [DispatchRequestSchema, { calls: [...named] }],
      DispatchResponseSchema,
      { canRepeat: () => keepsIds, repeatsThrottled: false },
    )
    if (dispatchIds.length !== named.length) {
      throw new DispatchError(
        'invalid_response',
        `the scheduler at ${options.apiUrl} answered ${dispatchIds.length} ids for ${named.length} calls`,
      )
    }
    keepsIds = dispatchIds.every((id, index) => id === (named[index] as Call).dispatchId)
    return dispatchIds
  }
  const dispatchNamed = createDispatchGroup({ send, nowMs: world.nowMs, sleep: (ms) => world.sleep(ms) })
  const wait = createWaitGroup({
    async waitAlone(dispatchId, timeoutMs, signal) {
      const timeout = durationFromMs(Math.ceil(timeoutMs))
      const request = [WaitRequestSchema, { dispatchId, timeout }] as const
      return await callOrNone(
        client.call('dispatch.api.v1.CallService/Wait', request, WaitResponseSchema, {
          timeoutMs: timeoutMs + TIMEOUT_MS,
          signal,
        }),
      )
    },
    async waitTogether(dispatchIds, timeoutMs, { signal, onCall }) {
      const timeout = durationFromMs(Math.ceil(timeoutMs))
      await client.stream(
        'dispatch.api.v1.CallService/WaitBatch',
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
      return await dispatchNamed(
        calls.map((call) => (call.dispatchId === '' ? { ...call, dispatchId: world.createId() } : call)),
      )
    },
    async get(dispatchId) {
      const request = [GetRequestSchema, { dispatchId }] as const
      return await callOrNone(client.call('dispatch.api.v1.CallService/Get', request, GetResponseSchema))
    },
    async cancel(dispatchId) {
      const request = [CancelRequestSchema, { dispatchId }] as const
      return await callOrNone(
        client.call('dispatch.api.v1.CallService/Cancel', request, CancelResponseSchema),
      )
    },
  }
}

interface ClientCallOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
  /** Whether the request may be made again though the other side may have acted on it. */
  readonly canRepeat?: () => boolean
  /** Whether the request is made again by itself when the scheduler is full. Default: yes. */
  readonly repeatsThrottled?: boolean
}

function createClient({ apiUrl, apiKey, bodyBytesMax, world }: HttpSchedulerOptions) {
  const exchange = async <Output extends Message>(
    method: string,
    body: Uint8Array,
    output: MessageSchema<Output>,
    { timeoutMs = TIMEOUT_MS, signal }: ClientCallOptions,
  ): Promise<Output> => {
    const answer = await world.poster.post(`${apiUrl}/${method}`, {
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
    /** One attempt at a request that is answered with a stream. @throws What went wrong, unexplained. */
    async stream(
      method: string,
      message: Uint8Array,
      onMessage: (message: Uint8Array) => void,
      { timeoutMs = TIMEOUT_MS, signal }: ClientCallOptions,
    ): Promise<void> {
      const reader = new MessageStreamReader(bodyBytesMax)
      const { status } = await world.poster.post(`${apiUrl}/${method}`, {
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
      method: string,
      [schema, init]: readonly [MessageSchema<Input>, MessageInit<Input>],
      output: MessageSchema<Output>,
      options: ClientCallOptions = {},
    ): Promise<Output> {
      const body = toBinary(schema, create(schema, init))
      const untilMs = world.nowMs() + REPEAT_UNTIL_MS
      for (let repeats = 0; ; repeats++) {
        try {
          return await exchange(method, body, output, options)
        } catch (error) {
          options.signal?.throwIfAborted()
          const delayMs =
            repeats < REPEATS_MAX ? repeatDelayMsOf(error, repeats, options, world.random()) : undefined
          if (delayMs === undefined || world.nowMs() + delayMs > untilMs) {
            throw explain(error, method, apiUrl, apiKey)
          }
          await world.sleep(delayMs, options.signal)
        }
      }
    },
  }
}

/** How long to wait before the request is made again; `undefined` when that must not be (rule H2). */
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

/** The call in an answer, or `undefined` where the scheduler says that there is none. */
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

/** What users read when a request to the scheduler has failed for good. */
function explain(error: unknown, method: string, apiUrl: string, apiKey: Setting): DispatchError {
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
  if (error.code === 'unimplemented' && method.startsWith('dispatch.api.v1.')) {
    return new DispatchError(
      'not_found',
      `the scheduler at ${apiUrl} does not serve ${method}: it can take calls, but cannot be asked what became of them`,
      { cause: error },
    )
  }
  return error
}

/** Enough of a key to tell which one it is (conformance case C03). */
function redact(key: string): string {
  return `${key.slice(0, 3)}********`
}

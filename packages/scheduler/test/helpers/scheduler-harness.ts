import { type Endpoint, type RunOutcome, STATUSES, type Status } from '@dispatch/protocol'
import {
  type Call,
  CallSchema,
  create,
  type MessageInit,
  type RunRequest,
  RunResponseSchema,
} from '@dispatch/protocol/messages'
import { encodeValue } from '@dispatch/protocol/values'
import type { Test } from 'tap'
import { createScheduler, type SchedulerOptions } from '../../dist/scheduler.js'
import { createMemoryStore } from '../../dist/store/memory-store.js'

export const ENDPOINT = 'http://app'

export function callOf(name: string, input: unknown = null, more: MessageInit<Call> = {}): Call {
  return create(
    CallSchema,
    Object.assign({ endpoint: ENDPOINT, function: name, input: encodeValue(input) }, more),
  )
}

export function answer(status: Status, output?: unknown): RunOutcome {
  return {
    kind: 'response',
    response: create(RunResponseSchema, {
      status: STATUSES[status].code,
      directive: {
        case: 'exit',
        value: { result: output === undefined ? {} : { output: encodeValue(output) } },
      },
    }),
  }
}

export function pollOf(names: readonly string[], more: Record<string, unknown> = {}): RunOutcome {
  return {
    kind: 'response',
    response: create(RunResponseSchema, {
      status: 1,
      directive: {
        case: 'poll',
        value: {
          state: { case: 'typedCoroutineState', value: encodeValue('state') },
          calls: names.map((name, index) => ({
            function: name,
            correlationId: BigInt(index + 1),
            input: encodeValue(index),
          })),
          minResults: names.length,
          maxResults: 1000,
          ...more,
        },
      },
    }),
  }
}

export type Handler = (request: RunRequest, signal: AbortSignal) => RunOutcome | Promise<RunOutcome>

/** An endpoint with one handler per function, which keeps the requests that it received. */
export class Script implements Endpoint {
  readonly requests: RunRequest[] = []
  readonly #handlers: Record<string, Handler>

  constructor(handlers: Record<string, Handler>) {
    this.#handlers = handlers
  }

  async run(request: RunRequest, signal: AbortSignal): Promise<RunOutcome> {
    this.requests.push(request)
    const handler = this.#handlers[request.function]
    if (handler === undefined) {
      return { kind: 'failure', source: 'function', status: 'not_found', message: `no ${request.function}` }
    }
    return handler(request, signal)
  }
}

export const FAST = { delayMsMin: 1, delayMsMax: 5, giveUpAfterMs: 86_400_000, unknownFunctionMsMax: 50 }

export async function startScheduler(t: Test, endpoint: Endpoint, options: Partial<SchedulerOptions> = {}) {
  const scheduler = createScheduler({
    store: createMemoryStore(),
    endpointOf: () => endpoint,
    retryPolicy: FAST,
    ...options,
  })
  t.teardown(() => scheduler.close())
  await scheduler.open()
  scheduler.start()
  return scheduler
}

/** The error with which the promise rejects. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

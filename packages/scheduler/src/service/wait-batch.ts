import { setMaxListeners } from 'node:events'
import {
  createMessageStream,
  failureOf,
  messageOf,
  type StreamedResponse,
  toBatchError,
  UnaryError,
} from '@dispatch/protocol/connect'
import {
  type CallInfo,
  create,
  fromBinary,
  toBinary,
  WaitBatchRequestSchema,
  WaitBatchResponseSchema,
  type WireDuration,
} from '@dispatch/protocol/messages'
import { millisecondsOf } from '../calls/validate-calls.js'
import type { MethodContext } from './method-context.js'

/** Maximum time for which a request is kept open: proxies cut connections that are silent for a minute. */
export const WAIT_MS_MAX = 55_000

/** Maximum number of calls that one request waits for. */
const WAIT_CALLS_MAX = 1_000

/**
 * Waits for many calls. Each result is sent as soon as its call is done, the others when the time limit is reached.
 *
 * @throws {UnaryError} `invalid_argument` when the body is malformed or names too many calls.
 */
export function serveWaitBatch(body: Uint8Array, context: MethodContext): StreamedResponse {
  const { dispatchIds, timeout } = requestOf(body)
  const stream = createMessageStream()
  let left = dispatchIds.length
  // One listener per call.
  setMaxListeners(0, context.signal)
  if (left === 0) stream.end()
  for (const [index, dispatchId] of dispatchIds.entries()) {
    void resultOf(dispatchId, waitMsOf(timeout), context).then((result) => {
      const message = encode(index, result)
      stream.send(context.hold(message.byteLength) ? message : encode(index, NO_ROOM))
      left -= 1
      if (left === 0) stream.end()
    })
  }
  return stream.response
}

type Result = Awaited<ReturnType<typeof resultOf>>

const NO_ROOM: Result = {
  case: 'error',
  value: toBatchError({
    code: 'resource_exhausted',
    message: 'the response exceeds the memory limit; retry',
  }),
}

function encode(index: number, result: Result): Uint8Array {
  return toBinary(WaitBatchResponseSchema, create(WaitBatchResponseSchema, { index, result }))
}

function requestOf(body: Uint8Array) {
  const message = messageOf(body)
  try {
    const request = fromBinary(WaitBatchRequestSchema, message)
    if (request.dispatchIds.length <= WAIT_CALLS_MAX) return request
    throw new Error(`dispatch_ids: expected at most ${WAIT_CALLS_MAX}, got ${request.dispatchIds.length}`)
  } catch (error) {
    throw new UnaryError('invalid_argument', `unmarshal message: ${(error as Error).message}`)
  }
}

async function resultOf(dispatchId: string, waitMs: number, { scheduler, signal, options }: MethodContext) {
  try {
    const call = requireCall(dispatchId, await scheduler.wait(dispatchId, waitMs, signal))
    return { case: 'call', value: call } as const
  } catch (error) {
    return { case: 'error', value: toBatchError(failureOf(error, options.onInternalError)) } as const
  }
}

/** @throws {UnaryError} `not_found` when the call does not exist. */
export function requireCall(dispatchId: string, call: CallInfo | undefined): CallInfo {
  if (call === undefined) {
    throw new UnaryError(
      'not_found',
      `call ${JSON.stringify(dispatchId)} does not exist or is no longer retained`,
    )
  }
  return call
}

/** Time limit of the wait in milliseconds. */
export function waitMsOf(timeout: WireDuration | undefined): number {
  return Math.min(Math.max(0, millisecondsOf(timeout)), WAIT_MS_MAX)
}

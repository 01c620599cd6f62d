import {
  type BatchError,
  BatchErrorSchema,
  type EndedCall,
  type RunAbort,
  type RunBatchRequest,
  RunBatchRequestSchema,
  type RunBatchResponse,
  RunBatchResponseSchema,
} from '../messages/gen/dispatch-api-v1.js'
import type { RunResponse } from '../messages/gen/dispatch-sdk-v1.js'
import { durationFromMs, durationMs } from '../messages/time.js'
import { encodeRunResponse } from '../messages/wire.js'
import { fromBinary, toBinary } from '../proto/binary.js'
import { create } from '../proto/create.js'
import { type ProtoWriter, writeProto } from '../proto/writer.js'
import { isConnectCode } from './connect-code.js'
import { UnaryError } from './unary-error.js'
import type { Failure } from './unary-failure.js'

/** Maximum number of runs that our endpoints accept in one request. */
export const BATCH_RUNS_MAX = 100

/** A `RunBatchRequest` whose runs are already encoded. */
export interface EncodedRunBatch {
  readonly batchId: string
  /** Each made by `encodeRunRequest`. */
  readonly runs: readonly Uint8Array[]
  readonly aborts?: readonly (Pick<RunAbort, 'batchId' | 'index'> & { readonly reason?: string })[]
  readonly ended?: readonly Pick<EndedCall, 'dispatchId' | 'reason'>[]
}

/** The bytes of a `dispatch.api.v1.RunBatchRequest`. */
export function encodeRunBatchRequest(batch: EncodedRunBatch): Uint8Array {
  return writeProto(writeRunBatchRequest, batch)
}

/** @throws {UnaryError} `invalid_argument` when the bytes are not a valid message of this type. */
export function decodeRunBatchRequest(bytes: Uint8Array): RunBatchRequest {
  try {
    return fromBinary(RunBatchRequestSchema, bytes)
  } catch (error) {
    throw new UnaryError('invalid_argument', `unmarshal message: ${(error as Error).message}`)
  }
}

/** The bytes of a `dispatch.api.v1.RunBatchResponse` for the run at `index`. */
export function encodeRunBatchResponse(index: number, result: RunResponse | Failure): Uint8Array {
  return writeProto(writeRunBatchResponse, { index, result })
}

/** @throws {UnaryError} With status `invalid_response` when the bytes are not a valid message of this type. */
export function decodeRunBatchResponse(bytes: Uint8Array): RunBatchResponse {
  try {
    return fromBinary(RunBatchResponseSchema, bytes)
  } catch (error) {
    throw new UnaryError('internal', `unreadable answer: ${(error as Error).message}`, {
      status: 'invalid_response',
      httpStatus: 200,
      cause: error,
    })
  }
}

/** The failure of one run of a batch, as a message. */
export function toBatchError({ code, message, retryAfterMs }: Failure): BatchError {
  const retryAfter = retryAfterMs === undefined ? {} : { retryAfter: durationFromMs(Math.ceil(retryAfterMs)) }
  return create(BatchErrorSchema, { code, message, ...retryAfter })
}

/** The error that the run would have failed with in a request of its own. */
export function fromBatchError({ code, message, retryAfter }: BatchError): UnaryError {
  const options = retryAfter === undefined ? {} : { retryAfterMs: durationMs(retryAfter) }
  return new UnaryError(isConnectCode(code) ? code : 'unknown', message, options)
}

function writeRunBatchRequest(
  writer: ProtoWriter,
  { batchId, runs, aborts = [], ended = [] }: EncodedRunBatch,
): void {
  writer.byte(0x0a)
  writer.text(batchId)
  for (const run of runs) {
    writer.byte(0x12)
    writer.bytes(run)
  }
  for (const abort of aborts) {
    writer.byte(0x1a)
    const mark = writer.fork()
    writer.byte(0x0a)
    writer.text(abort.batchId)
    writer.byte(0x10)
    writer.uint32(abort.index)
    if (abort.reason) {
      writer.byte(0x1a)
      writer.text(abort.reason)
    }
    writer.join(mark)
  }
  for (const call of ended) {
    writer.byte(0x22)
    const mark = writer.fork()
    writer.byte(0x0a)
    writer.text(call.dispatchId)
    writer.byte(0x12)
    writer.text(call.reason)
    writer.join(mark)
  }
}

function writeRunBatchResponse(
  writer: ProtoWriter,
  { index, result }: { readonly index: number; readonly result: RunResponse | Failure },
): void {
  writer.byte(0x08)
  writer.uint32(index)
  if ('code' in result) {
    writer.byte(0x1a)
    writer.bytes(toBinary(BatchErrorSchema, toBatchError(result)))
  } else {
    writer.byte(0x12)
    writer.bytes(encodeRunResponse(result))
  }
}

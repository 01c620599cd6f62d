import {
  createEndOfCall,
  DispatchError,
  isEndOfCallReason,
  linkAbort,
  type RunSignal,
} from '@dispatch/protocol'
import { BODY_BYTES_MAX } from '@dispatch/protocol/bounds'
import {
  BATCH_RUNS_MAX,
  createMessageStream,
  decodeRunBatchRequest,
  encodeRunBatchResponse,
  failureOf,
  messageOf,
  type StreamedResponse,
  UnaryError,
} from '@dispatch/protocol/connect'
import type { RunRequest, RunResponse } from '@dispatch/protocol/messages'
import { refusalResponse } from '../coroutine/answers/responses.js'
import type { RunTracker, TrackedRun } from './run-tracker.js'

/** What a server of batches needs. */
export interface RunBatchOptions {
  readonly runs: RunTracker
  /** Carries out a run. @throws {UnaryError} `not_found` when there is no such function. */
  readonly run: (request: RunRequest, signal: RunSignal) => Promise<RunResponse>
  /** A suspended call has ended. */
  readonly endCall: (dispatchId: string, reason: DispatchError) => void
  readonly onInternalError: (error: unknown) => void
}

/**
 * Serves requests for many runs, whose results are sent as they end (`dispatch.api.v1.RunBatchRequest`).
 *
 * Rules.
 *  B1 Each run ends as it would in a request of its own; the failure of one does not affect the others.
 *  B2 A run is aborted when its sender disconnects, or lists it among the aborts of a later request.
 *  B3 A suspended call that it lists as ended is released.
 */
export function createRunBatchServer({ runs, run, endCall, onInternalError }: RunBatchOptions) {
  const batches = new Map<string, readonly TrackedRun[]>()

  /** @throws {UnaryError} `invalid_argument` when the body is malformed or has too many runs. */
  return (body: Uint8Array, signal: RunSignal | undefined): StreamedResponse => {
    const batch = decodeRunBatchRequest(messageOf(body))
    if (batch.runs.length > BATCH_RUNS_MAX) {
      throw new UnaryError(
        'invalid_argument',
        `expected at most ${BATCH_RUNS_MAX} runs in a batch, got ${batch.runs.length}`,
      )
    }
    for (const { batchId, index, reason } of batch.aborts)
      batches.get(batchId)?.[index]?.abort(isEndOfCallReason(reason) ? createEndOfCall(reason) : cancelled())
    for (const { dispatchId, reason } of batch.ended)
      if (isEndOfCallReason(reason)) endCall(dispatchId, createEndOfCall(reason))
    const stream = createMessageStream()
    if (batch.runs.length === 0) {
      stream.end()
      return stream.response
    }
    const tracked = batch.runs.map(() => runs.begin())
    batches.set(batch.batchId, tracked)
    const unlink = linkAbort(signal, (reason) => {
      for (const one of tracked) one.abort(reason)
    })
    let left = tracked.length
    for (const [index, one] of tracked.entries()) {
      void answerOf(index, batch.runs[index] as RunRequest, one).then((answer) => {
        one.end()
        stream.send(answer)
        left -= 1
        if (left > 0) return
        batches.delete(batch.batchId)
        unlink()
        stream.end()
      })
    }
    return stream.response
  }

  /** Never rejects: a result that cannot be encoded is the failure of its run alone (B1). */
  async function answerOf(index: number, request: RunRequest, { signal }: TrackedRun): Promise<Uint8Array> {
    try {
      const answer = encodeRunBatchResponse(index, await run(request, signal))
      if (answer.byteLength <= BODY_BYTES_MAX) return answer
      return encodeRunBatchResponse(index, refusalResponse('invalid_response', tooLarge(answer.byteLength)))
    } catch (error) {
      return encodeRunBatchResponse(index, failureOf(error, onInternalError))
    }
  }
}

function tooLarge(bytes: number): string {
  return `the answer of the run has ${bytes} bytes, of at most ${BODY_BYTES_MAX}: return less, or a reference to it`
}

function cancelled(): DispatchError {
  return new DispatchError('timeout', 'the scheduler no longer waits for this run')
}

import { DispatchError, type RunSignal } from '@dispatch/protocol'
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

/** What serves batches of runs. */
export interface RunBatchOptions {
  readonly runs: RunTracker
  /** Carries out a run. @throws {UnaryError} `not_found` when there is no such function. */
  readonly run: (request: RunRequest, signal: RunSignal) => Promise<RunResponse>
  readonly onInternalError: (error: unknown) => void
}

/**
 * Serves requests for many runs, whose results are sent as they end (`dispatch.api.v1.RunBatchRequest`).
 *
 * Rules.
 *  B1 Each run ends as it would have in a request of its own: one that fails does not concern the others.
 *  B2 A run is aborted when its sender hangs up, or names it in a later request.
 */
export function createRunBatchServer({ runs, run, onInternalError }: RunBatchOptions) {
  const batches = new Map<string, readonly TrackedRun[]>()

  /** @throws {UnaryError} `invalid_argument` when the body is malformed or has too many runs. */
  return (body: Uint8Array, signal: RunSignal | undefined): StreamedResponse => {
    const batch = decodeRunBatchRequest(messageOf(body))
    if (batch.runs.length > BATCH_RUNS_MAX) {
      throw new UnaryError(
        'invalid_argument',
        `a batch has at most ${BATCH_RUNS_MAX} runs, this one has ${batch.runs.length}`,
      )
    }
    for (const { batchId, index } of batch.aborts) batches.get(batchId)?.[index]?.abort(notWaitedFor())
    const stream = createMessageStream()
    const tracked = batch.runs.map(() => runs.begin())
    let left = tracked.length
    const abortAll = () => {
      for (const one of tracked) one.abort(signal?.reason)
    }
    const end = () => {
      batches.delete(batch.batchId)
      signal?.removeEventListener('abort', abortAll)
      stream.end()
    }
    if (left === 0) {
      end()
      return stream.response
    }
    batches.set(batch.batchId, tracked)
    signal?.addEventListener('abort', abortAll)
    if (signal?.aborted) abortAll()
    for (const [index, one] of tracked.entries()) {
      void answerOf(index, batch.runs[index] as RunRequest, one).then((answer) => {
        one.end()
        stream.send(answer)
        left -= 1
        if (left === 0) end()
      })
    }
    return stream.response
  }

  /** Never rejects: an answer that cannot be written, or not be read, is one run's fault (B1). */
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

function notWaitedFor(): DispatchError {
  return new DispatchError('timeout', 'the scheduler no longer waits for this run')
}

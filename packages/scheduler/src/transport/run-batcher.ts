import { randomBytes } from 'node:crypto'
import {
  Deferred,
  DispatchError,
  type EndOfCallReason,
  RunAborter,
  type RunOutcome,
  type RunSignal,
  reasonOfEnd,
} from '@dispatch/protocol'
import {
  decodeRunBatchResponse,
  encodeRunBatchRequest,
  fromBatchError,
  MessageStreamReader,
  UnaryError,
} from '@dispatch/protocol/connect'
import { setImmediate } from '@dispatch/protocol/time'
import type { Clock } from '../time/clock.js'

export interface RunBatcherOptions {
  /** Maximum number of runs that the endpoint accepts in one request. */
  readonly runsMax: number
  /** Maximum size of the response to one run in bytes. */
  readonly responseBytesMax: number
  readonly clock: Clock
  /**
   * Posts a batch. Resolves with the bytes of its response when the head has arrived.
   *
   * @throws {UnaryError} When the response is an HTTP error.
   */
  readonly post: (message: Uint8Array, signal: RunSignal) => Promise<AsyncIterable<Uint8Array>>
  /** Posts a single run. Never rejects. */
  readonly runAlone: (request: Uint8Array, signal: RunSignal) => Promise<RunOutcome>
  /** The outcome of a run without a response. */
  readonly outcomeOfError: (error: unknown) => RunOutcome
}

/** The runs of one endpoint. */
export interface RunBatcher {
  /** Like `Endpoint.run`, for a request encoded by `encodeRunRequest`. */
  run(request: Uint8Array, signal: RunSignal): Promise<RunOutcome>
  /** Tells the endpoint that a suspended call has ended, with the next batch. A failure of the request is ignored. */
  endCall(dispatchId: string, reason: EndOfCallReason): void
}

/** Ended calls in one batch: at most 200 kB. */
const ENDED_MAX = 1_000

/** Larger requests are sent alone. Bytes. */
const RUN_BYTES_MAX = 256_000

/** Maximum size of a batch: an endpoint starts only when it has received all of it. Bytes. */
const BATCH_BYTES_MAX = 1_000_000

/** Maximum number of event loop turns for which a run waits for others to share its request. */
const TURNS_MAX = 16

/** HTTP statuses that do not depend on the request: each run of the batch ends with them. */
const STATUSES_OF_ALL: ReadonlySet<number> = new Set([401, 403, 429, 502, 503, 504])

/** How long no batches are sent to an endpoint that refused one. A rolling deploy mixes versions for minutes. */
const REFUSED_FOR_MS = 60_000

/**
 * Sends runs to one endpoint. Runs that start in the same or in consecutive turns of the event loop share a request, and
 * with it a signature, a connection and a commit of their results. A single run is sent in a request of its own.
 *
 * Rules.
 *  G1 Each run ends when its own response arrives; a slow run does not delay the others.
 *  G2 A problem of one run, or of batches in general, does not end the other runs. When a batch is refused, except for
 *     reasons of authentication or capacity, its runs are sent alone, and so are those of the next
 *     {@link REFUSED_FOR_MS}. When a response is unreadable, the responsible run is unknown: runs without a response are
 *     retried alone.
 *  G3 An aborted run ends immediately. The endpoint is notified, by ending the request if it was the last run whose call
 *     continues.
 *  G4 The endpoint is notified of suspended calls that have ended, once, with the next batch or with one of no runs.
 */
export function createRunBatcher(options: RunBatcherOptions): RunBatcher {
  const { runsMax, clock, post, runAlone, outcomeOfError } = options
  const prefix = randomBytes(9).toString('base64url')
  let batches = 0
  let refusedUntilMs = 0
  let waiting: PendingRun[] = []
  const aborts: { batchId: string; index: number; reason: string }[] = []
  const ended: { dispatchId: string; reason: EndOfCallReason }[] = []
  let isFlushing = false
  /** Runs that were waiting a turn ago, and the number of turns the first of them has waited. */
  let waited = 0
  let turns = 0

  const flushSoon = () => {
    if (!isFlushing) setImmediate(afterTurn)
    isFlushing = true
  }

  const afterTurn = () => {
    const hasGrown = waiting.length > Math.max(1, waited)
    if (hasGrown && waiting.length < runsMax && turns < TURNS_MAX) {
      waited = waiting.length
      turns += 1
      setImmediate(afterTurn)
    } else flush()
  }

  const flush = () => {
    isFlushing = false
    waited = 0
    turns = 0
    const runs = waiting.filter(({ isSettled }) => !isSettled)
    waiting = []
    for (const batch of batchesOf(runs, runsMax)) {
      if (batch.length === 1) void sendAlone(batch[0] as PendingRun)
      else void sendBatch(batch)
    }
    while (aborts.length > 0 || ended.length > 0) void sendBatch([])
  }

  const sendAlone = async (run: PendingRun) => {
    run.resolve(await runAlone(run.request, run.signal))
  }

  const sendBatch = async (runs: readonly PendingRun[]) => {
    const batchId = `${prefix}${++batches}`
    const exchange = new RunAborter()
    for (const [index, run] of runs.entries()) {
      run.onAbort = (reason) => {
        const end = reasonOfEnd(reason)
        if (end === undefined && runs.every(({ isSettled }) => isSettled)) return exchange.abort(reason)
        aborts.push({ batchId, index, reason: end ?? '' })
        flushSoon()
      }
    }
    const requests = runs.map(({ request }) => request)
    try {
      const chunks = await post(
        encodeRunBatchRequest({
          batchId,
          runs: requests,
          aborts: aborts.splice(0),
          ended: ended.splice(0, ENDED_MAX),
        }),
        exchange,
      )
      await receive(chunks, runs)
    } catch (error) {
      const left = runs.filter(({ isSettled }) => !isSettled)
      const isUnreadable = error instanceof UnaryError && error.status === 'invalid_response'
      if (isRefusal(error) || isUnreadable) refusedUntilMs = clock.monotonicMs() + REFUSED_FOR_MS
      if (isRefusal(error)) await Promise.all(left.map(sendAlone))
      else for (const run of left) run.resolve(outcomeOfError(isUnreadable ? brokenBy(error) : error))
    }
  }

  const receive = async (chunks: AsyncIterable<Uint8Array>, runs: readonly PendingRun[]) => {
    const reader = new MessageStreamReader(options.responseBytesMax)
    for await (const chunk of chunks) {
      for (const message of reader.push(chunk)) {
        const { index, result } = decodeRunBatchResponse(message)
        if (result.case === 'response') runs[index]?.resolve({ kind: 'response', response: result.value })
        if (result.case === 'error') runs[index]?.resolve(outcomeOfError(fromBatchError(result.value)))
      }
    }
    if (runs.some(({ isSettled }) => !isSettled)) throw noAnswer()
  }

  return {
    run(request, signal) {
      if (request.byteLength > RUN_BYTES_MAX || clock.monotonicMs() < refusedUntilMs)
        return runAlone(request, signal)
      const run = new PendingRun(request, signal, outcomeOfError)
      waiting.push(run)
      flushSoon()
      return run.promise
    },
    endCall(dispatchId, reason) {
      if (clock.monotonicMs() < refusedUntilMs) return
      ended.push({ dispatchId, reason })
      flushSoon()
    },
  }
}

class PendingRun extends Deferred<RunOutcome, RunSignal> {
  readonly request: Uint8Array

  constructor(request: Uint8Array, signal: RunSignal, outcomeOfError: RunBatcherOptions['outcomeOfError']) {
    super(signal, (run, reason) => run.resolve(outcomeOfError(reason)))
    this.request = request
  }
}

/** In order, as many to a batch as may be and fit. */
function batchesOf(runs: readonly PendingRun[], runsMax: number): PendingRun[][] {
  const batches: PendingRun[][] = []
  let byteCount = 0
  for (const run of runs) {
    const batch = batches.at(-1)
    byteCount += run.request.byteLength
    if (batch !== undefined && batch.length < runsMax && byteCount <= BATCH_BYTES_MAX) {
      batch.push(run)
    } else {
      batches.push([run])
      byteCount = run.request.byteLength
    }
  }
  return batches
}

/** Whether an endpoint, or what stands in front of it, wants no batches, or not this one. */
function isRefusal(error: unknown): boolean {
  return error instanceof UnaryError && error.httpStatus !== 200 && !STATUSES_OF_ALL.has(error.httpStatus)
}

function noAnswer(): Error {
  return Object.assign(new Error('the answer ended before all runs had one'), { code: 'ECONNRESET' })
}

/** How the runs of a batch end that one of them, or the endpoint, has broken: they are tried again. */
function brokenBy(error: UnaryError): DispatchError {
  return new DispatchError('temporary', `the answer to several runs broke off: ${error.message}`)
}

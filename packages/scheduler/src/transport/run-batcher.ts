import { randomBytes } from 'node:crypto'
import { Deferred, DispatchError, RunAborter, type RunOutcome, type RunSignal } from '@dispatch/protocol'
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
  /** Most runs that the endpoint takes in one request. */
  readonly runsMax: number
  /** Most bytes of an answer to one run. */
  readonly responseBytesMax: number
  readonly clock: Clock
  /**
   * Posts a batch. Resolves with the bytes of its answer when that has begun.
   *
   * @throws {UnaryError} When the answer is an HTTP error.
   */
  readonly post: (message: Uint8Array, signal: RunSignal) => Promise<AsyncIterable<Uint8Array>>
  /** Posts a run by itself. Never rejects. */
  readonly runAlone: (request: Uint8Array, signal: RunSignal) => Promise<RunOutcome>
  /** How a run ends that had no answer. */
  readonly outcomeOfError: (error: unknown) => RunOutcome
}

/** Carries out a run whose request was made by `encodeRunRequest`, as `Endpoint.run` does. */
export type RunBatcher = (request: Uint8Array, signal: RunSignal) => Promise<RunOutcome>

/** Larger requests go alone. Bytes. */
const RUN_BYTES_MAX = 256_000

/** Requests in one batch: an endpoint cannot begin before it has all of them. Bytes. */
const BATCH_BYTES_MAX = 1_000_000

/** Turns of the event loop for which a run waits at most for others to share its request. */
const TURNS_MAX = 16

/** HTTP statuses that say nothing about the request: each run of the batch ends with them. */
const STATUSES_OF_ALL: ReadonlySet<number> = new Set([401, 403, 429, 502, 503, 504])

/** How long an endpoint that refused a batch gets none. A minute, since a rolling deploy mixes versions for minutes. */
const REFUSED_FOR_MS = 60_000

/**
 * Sends runs to one endpoint: those that start in one turn of the event loop, or in turns that follow each other, share
 * a request, and with it a signature, a connection and a commit of their results. One by itself goes as a request of its
 * own.
 *
 * Rules.
 *  G1 Each run ends when its own answer is there; a slow one holds up none.
 *  G2 What is wrong with one run, or with batches as such, must not end the others: when a batch is refused, unless for
 *     its sender or for lack of room, its runs go alone, and so do those of the next {@link REFUSED_FOR_MS}. When an
 *     answer cannot be read, nobody knows by whose fault: runs that had none are tried again, and meet it alone.
 *  G3 An aborted run ends at once. The endpoint is told, by the end of the request when it was its last run.
 */
export function createRunBatcher(options: RunBatcherOptions): RunBatcher {
  const { runsMax, clock, post, runAlone, outcomeOfError } = options
  const prefix = randomBytes(9).toString('base64url')
  let batches = 0
  let refusedUntilMs = 0
  let waiting: PendingRun[] = []
  const aborts: { batchId: string; index: number }[] = []
  let isFlushing = false
  /** Runs that waited a turn ago, and turns for which the first of them has waited. */
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
    if (aborts.length > 0) void sendBatch([])
  }

  const sendAlone = async (run: PendingRun) => {
    run.resolve(await runAlone(run.request, run.signal))
  }

  const sendBatch = async (runs: readonly PendingRun[]) => {
    const batchId = `${prefix}${++batches}`
    const exchange = new RunAborter()
    for (const [index, run] of runs.entries()) {
      run.onAbort = (reason) => {
        if (runs.every(({ isSettled }) => isSettled)) return exchange.abort(reason)
        aborts.push({ batchId, index })
        flushSoon()
      }
    }
    const requests = runs.map(({ request }) => request)
    try {
      const chunks = await post(
        encodeRunBatchRequest({ batchId, runs: requests, aborts: aborts.splice(0) }),
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

  return (request, signal) => {
    if (request.byteLength > RUN_BYTES_MAX || clock.monotonicMs() < refusedUntilMs)
      return runAlone(request, signal)
    const run = new PendingRun(request, signal, outcomeOfError)
    waiting.push(run)
    flushSoon()
    return run.promise
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

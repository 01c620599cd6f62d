import type { KeyObject } from 'node:crypto'
import { DispatchError, linkAbort, RunAborter, type RunSignal } from '@dispatch/protocol'
import {
  BATCH_RUNS_MAX,
  checkHead,
  connectTimeoutMsOf,
  errorResponse,
  headerOf,
  MESSAGE_STREAM_TYPE,
  type StreamedResponse,
  serveStream,
  serveUnary,
  type UnaryHeaders,
  type UnaryRequest,
  type UnaryResponse,
} from '@dispatch/protocol/connect'
import {
  RUN_PATH,
  type RunRequest,
  RunRequestSchema,
  type RunResponse,
  RunResponseSchema,
} from '@dispatch/protocol/messages'
import { generateKeyPair, type SignedTarget, verifyRequest } from '@dispatch/protocol/signature'
import { clearTimeout, setTimeout } from '@dispatch/protocol/time'
import type { DispatchConfig } from '../config/config.js'
import { createRunBatchServer } from './run-batch.js'
import { type BodyReservation, RunCapacity } from './run-capacity.js'
import type { RunTracker } from './run-tracker.js'

/** A request before its body is read. */
export type EndpointHead = Omit<UnaryRequest, 'body'>

/** A request for a run, as any HTTP server can pass it on. */
export interface EndpointRequest extends UnaryRequest {
  /** The path as it was sent, where a framework has shortened `path`. Signatures cover it. */
  readonly originalPath?: string | undefined
  /** Host and port as they were sent. Default: the `Host` header field, or HTTP/2's `:authority`. */
  readonly authority?: string | undefined
}

/** An answer: of bytes, or of a stream of them when the request was for a batch of runs. */
export type EndpointResponse = UnaryResponse | StreamedResponse

/** Serves runs over HTTP, for any server. */
export interface HttpEndpoint {
  /** Whether a path is that of runs, with or without the path of the endpoint's URL before it. */
  isRunPath(path: string): boolean
  /** Reserves capacity for a request of which the head was received, so that its body may be read; or returns the refusal. */
  reserve(head: EndpointHead): BodyReservation | UnaryResponse
  /**
   * Answers a request for a run, or for a batch of them. Never rejects. In this order: head, size, signature over the
   * bytes as sent, decompression, decoding, run.
   *
   * @param signal - Aborts when the sender has disconnected.
   */
  handle(request: EndpointRequest, signal?: RunSignal): Promise<EndpointResponse>
}

/** What an {@link HttpEndpoint} needs. */
export interface HttpEndpointOptions {
  readonly config: DispatchConfig
  readonly runs: RunTracker
  readonly nowMs: () => number
  /** Carries out a run. @throws {UnaryError} `not_found` when there is no such function. */
  readonly run: (request: RunRequest, signal: RunSignal) => Promise<RunResponse>
  /** A suspended call has ended: its handler, if it is in memory, is released. */
  readonly endCall: (dispatchId: string, reason: DispatchError) => void
}

/** Makes an {@link HttpEndpoint}. */
export function createHttpEndpoint({ config, runs, nowMs, run, endCall }: HttpEndpointOptions): HttpEndpoint {
  const prefixedPath = prefixedRunPathOf(config.endpointUrl)
  const verify = createVerifier(config, prefixedPath, nowMs)
  const onInternalError = (error: unknown) =>
    config.logger?.error({ err: error }, 'a run failed inside Dispatch')
  const serveBatch = createRunBatchServer({ runs, run, endCall, onInternalError })

  const runOne = async (message: RunRequest, signal: RunSignal): Promise<RunResponse> => {
    const response = await run(message, signal)
    return message.sendsBatches ? { ...response, batchRunsMax: BATCH_RUNS_MAX } : response
  }

  const capacity = new RunCapacity(config)
  const isRunPath = (path: string) => path === RUN_PATH || path === prefixedPath
  const refusalOf = ({ method, path, headers }: EndpointHead): UnaryResponse | undefined => {
    if (!isRunPath(path)) return errorResponse('not_found', 'path not found')
    if (runs.isDraining) return shuttingDown()
    return checkHead(method, headers, { bodyBytesMax: config.bodyBytesMax, lengthRequired: true })
  }

  return {
    isRunPath,
    reserve: (head) => refusalOf(head) ?? capacity.reserve(head.headers),
    async handle(request, signal) {
      const refusal = refusalOf(request) ?? verify?.(request)
      if (refusal !== undefined) return refusal
      const { body, headers } = request
      if (headerOf(headers, 'content-type') === MESSAGE_STREAM_TYPE) {
        return serveStream(body, (message) => serveBatch(message, signal), {
          bodyBytesMax: config.bodyBytesMax,
          onInternalError,
        })
      }
      return await serveUnary(
        request,
        RunRequestSchema,
        RunResponseSchema,
        (message) =>
          runs.track(signal, (own) => runWithin(connectTimeoutMsOf(headers), own, message, runOne)),
        { bodyBytesMax: config.bodyBytesMax, onInternalError },
      )
    },
  }
}

/** The answer to every request while the process shuts down: nothing was done, so another process may take the run. */
function shuttingDown(): UnaryResponse {
  return errorResponse('unavailable', 'this endpoint is shutting down', { 'retry-after': '1' })
}

/** Carries out a run, and aborts it after the `timeoutMs` for which its sender waits. */
async function runWithin(
  timeoutMs: number | undefined,
  signal: RunSignal,
  request: RunRequest,
  run: HttpEndpointOptions['run'],
): Promise<RunResponse> {
  if (timeoutMs === undefined || timeoutMs > TIMEOUT_MS_MAX) return await run(request, signal)
  const own = new RunAborter()
  const unlink = linkAbort(signal, (reason) => own.abort(reason))
  const timer = setTimeout(
    () => own.abort(new DispatchError('timeout', `the scheduler waits no longer than ${timeoutMs} ms`)),
    timeoutMs,
  )
  try {
    return await run(request, own)
  } finally {
    clearTimeout(timer)
    unlink()
  }
}

/** Longest delay of a Node.js timer. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1

/** The path of runs below the path of the endpoint's public URL, which a proxy may or may not strip. */
function prefixedRunPathOf(endpointUrl: string): string {
  if (!/^https?:/.test(endpointUrl)) return RUN_PATH
  return new URL(endpointUrl).pathname.replace(/\/+$/, '') + RUN_PATH
}

type Verifier = (request: EndpointRequest) => UnaryResponse | undefined

/** Verifies signatures; `undefined` where none are required. */
function createVerifier(
  config: DispatchConfig,
  prefixedPath: string,
  nowMs: () => number,
): Verifier | undefined {
  if (config.isUnsignedAccepted) return undefined
  // Without keys every signature is refused: the private half of this key is discarded.
  let keys: readonly KeyObject[] | undefined
  const mayDiagnose = createDiagnosisLimit(nowMs)
  return (request) => {
    keys ??= config.verificationKeys.length > 0 ? config.verificationKeys : [generateKeyPair().publicKey]
    const { headers, body } = request
    const [target, ...alternatives] = signedTargetsOf(request, config, prefixedPath)
    const failure = verifyRequest({ ...target, headers, body, alternatives }, keys, nowMs(), mayDiagnose)
    return failure && errorResponse(failure.code, failure.message)
  }
}

/** Least time between two diagnoses of wrong signatures, which are for people and cost CPU time. Milliseconds. */
const DIAGNOSIS_INTERVAL_MS = 1_000

function createDiagnosisLimit(nowMs: () => number): () => boolean {
  let lastMs = Number.NEGATIVE_INFINITY
  return () => {
    // The absolute value, because clocks are set back.
    if (Math.abs(nowMs() - lastMs) < DIAGNOSIS_INTERVAL_MS) return false
    lastMs = nowMs()
    return true
  }
}

/** The targets that a signature may cover: as received, and as in the public URL. The most likely one first. */
function signedTargetsOf(
  request: EndpointRequest,
  { authorities, isAuthorityFixed }: DispatchConfig,
  prefixedPath: string,
): [SignedTarget, ...SignedTarget[]] {
  const received = request.authority ?? authorityOf(request.headers)
  const accepted =
    isAuthorityFixed && !authorities.includes(received) ? authorities : [received, ...authorities]
  const paths = [request.originalPath ?? request.path, prefixedPath]
  const targets = [...new Set(accepted)].flatMap((authority) =>
    [...new Set(paths)].map((path) => ({ method: request.method, authority, path })),
  )
  return targets as [SignedTarget, ...SignedTarget[]]
}

function authorityOf(headers: UnaryHeaders): string {
  return headerOf(headers, ':authority') ?? headerOf(headers, 'host') ?? ''
}

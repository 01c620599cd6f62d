import type { KeyObject } from 'node:crypto'
import { DispatchError, RunAborter, type RunSignal } from '@dispatch/protocol'
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
  type RunRequest,
  RunRequestSchema,
  type RunResponse,
  RunResponseSchema,
} from '@dispatch/protocol/messages'
import { generateKeyPair, type SignedTarget, verifyRequest } from '@dispatch/protocol/signature'
import type { DispatchConfig } from '../config/config.js'
import { createRunBatchServer } from './run-batch.js'
import { type BodyPlace, RunRoom } from './run-capacity.js'
import type { RunTracker } from './run-tracker.js'

/** Where schedulers post runs to, below the URL of the endpoint. */
export const RUN_PATH = '/dispatch.sdk.v1.FunctionService/Run'

/** What there is of a request before its body is read. */
export type EndpointHead = Omit<UnaryRequest, 'body'>

/** A request for a run, as any HTTP server can hand it on. */
export interface EndpointRequest extends UnaryRequest {
  /** The path as the sender wrote it, where a framework has shortened `path`. Signatures cover it. */
  readonly originalPath?: string | undefined
  /** Host and port as the sender wrote them. Default: the `Host` header field, or HTTP/2's `:authority`. */
  readonly authority?: string | undefined
}

/** An answer: of bytes, or of a stream of them when the request was for a batch of runs. */
export type EndpointResponse = UnaryResponse | StreamedResponse

/** Serves runs over HTTP, whatever the server. */
export interface HttpEndpoint {
  /** Whether a path is the one of runs, with or without the path of the endpoint's URL before it. */
  isRunPath(path: string): boolean
  /** Room for a request of which only the head is known, so that its body may be read; or the refusal. */
  enter(head: EndpointHead): BodyPlace | UnaryResponse
  /**
   * Answers a request for a run, or for a batch of them. Never rejects. In this order: head, size, signature over the
   * bytes as sent, decompression, decoding, run.
   *
   * @param signal - Aborts when the sender no longer waits.
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
}

/** Makes an {@link HttpEndpoint}. */
export function createHttpEndpoint({ config, runs, nowMs, run }: HttpEndpointOptions): HttpEndpoint {
  const prefixedPath = prefixedRunPathOf(config.endpointUrl)
  const verify = createVerifier(config, prefixedPath, nowMs)
  const onInternalError = (error: unknown) =>
    config.logger?.error({ err: error }, 'a run failed inside Dispatch')
  const serveBatch = createRunBatchServer({ runs, run, onInternalError })

  const runOne = async (message: RunRequest, signal: RunSignal): Promise<RunResponse> => {
    const response = await run(message, signal)
    return message.sendsBatches ? { ...response, batchRunsMax: BATCH_RUNS_MAX } : response
  }

  const room = new RunRoom(config)
  const isRunPath = (path: string) => path === RUN_PATH || path === prefixedPath
  const refusalOf = ({ method, path, headers }: EndpointHead): UnaryResponse | undefined => {
    if (!isRunPath(path)) return errorResponse('not_found', 'path not found')
    if (runs.isDraining) return shuttingDown()
    return checkHead(method, headers, { bodyBytesMax: config.bodyBytesMax, lengthRequired: true })
  }

  return {
    isRunPath,
    enter: (head) => refusalOf(head) ?? room.enter(head.headers),
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

/** The answer to every request while the process shuts down: nothing was done, another process may do it. */
function shuttingDown(): UnaryResponse {
  return errorResponse('unavailable', 'this endpoint is shutting down', { 'retry-after': '1' })
}

/** Carries out a run whose sender waits no longer than `timeoutMs`. */
async function runWithin(
  timeoutMs: number | undefined,
  signal: RunSignal,
  request: RunRequest,
  run: HttpEndpointOptions['run'],
): Promise<RunResponse> {
  if (timeoutMs === undefined || timeoutMs > TIMEOUT_MS_MAX) return await run(request, signal)
  const own = new RunAborter()
  const abort = () => own.abort(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  const timer = setTimeout(
    () => own.abort(new DispatchError('timeout', `the scheduler waits no longer than ${timeoutMs} ms`)),
    timeoutMs,
  )
  try {
    return await run(request, own)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** Longest delay of a Node.js timer. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1

/** The path of runs with the path of the endpoint's public URL before it, which a proxy may or may not cut off. */
function prefixedRunPathOf(endpointUrl: string): string {
  if (!/^https?:/.test(endpointUrl)) return RUN_PATH
  return new URL(endpointUrl).pathname.replace(/\/+$/, '') + RUN_PATH
}

type Verifier = (request: EndpointRequest) => UnaryResponse | undefined

/** Checks signatures; `undefined` where none are needed. */
function createVerifier(
  config: DispatchConfig,
  prefixedPath: string,
  nowMs: () => number,
): Verifier | undefined {
  if (config.isUnsignedAccepted) return undefined
  // With a key whose private half nobody has, no signature is good.
  let keys: readonly KeyObject[] | undefined
  const mayExplain = createExplanationLimit(nowMs)
  return (request) => {
    keys ??= config.verificationKeys.length > 0 ? config.verificationKeys : [generateKeyPair().publicKey]
    const { headers, body } = request
    const [target, ...alternatives] = signedTargetsOf(request, config, prefixedPath)
    const failure = verifyRequest({ ...target, headers, body, alternatives }, keys, nowMs(), mayExplain)
    return failure && errorResponse(failure.code, failure.message)
  }
}

/** Shortest time from one search for what a wrong signature may be for to the next: it serves people, and costs. */
const EXPLAINED_EVERY_MS = 1_000

function createExplanationLimit(nowMs: () => number): () => boolean {
  let lastMs = Number.NEGATIVE_INFINITY
  return () => {
    // Clocks are set back.
    if (Math.abs(nowMs() - lastMs) < EXPLAINED_EVERY_MS) return false
    lastMs = nowMs()
    return true
  }
}

/** What a request to this endpoint may be signed for: as we see it, and as the public URL says. The likeliest first. */
function signedTargetsOf(
  request: EndpointRequest,
  { authorities, isAuthorityFixed }: DispatchConfig,
  prefixedPath: string,
): [SignedTarget, ...SignedTarget[]] {
  const seen = request.authority ?? authorityOf(request.headers)
  const named = isAuthorityFixed && !authorities.includes(seen) ? authorities : [seen, ...authorities]
  const paths = [request.originalPath ?? request.path, prefixedPath]
  const targets = [...new Set(named)].flatMap((authority) =>
    [...new Set(paths)].map((path) => ({ method: request.method, authority, path })),
  )
  return targets as [SignedTarget, ...SignedTarget[]]
}

function authorityOf(headers: UnaryHeaders): string {
  return headerOf(headers, ':authority') ?? headerOf(headers, 'host') ?? ''
}

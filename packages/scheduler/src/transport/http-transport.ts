import type { KeyObject } from 'node:crypto'
import {
  DispatchError,
  type Endpoint,
  type FailureStatus,
  type RunOutcome,
  type RunSignal,
  statusOfHttp,
  statusOfSystemCode,
} from '@dispatch/protocol'
import { BODY_BYTES_MAX } from '@dispatch/protocol/bounds'
import {
  BATCH_RUNS_MAX,
  envelopeOf,
  MESSAGE_STREAM_TYPE,
  parseUnaryResponse,
  UnaryError,
  type UnaryHeaders,
  unaryHeaders,
} from '@dispatch/protocol/connect'
import { encodeRunRequest, RUN_PATH, RunResponseSchema } from '@dispatch/protocol/messages'
import { type KeyInput, parseSigningKey, signRequest } from '@dispatch/protocol/signature'
import { Agent } from 'undici'
import { COUNT, checkLimits, type Limits, TIME } from '../options/check-limits.js'
import { type Clock, SYSTEM_CLOCK } from '../time/clock.js'
import { type EndpointFilter, parseAllowedEndpoints } from './allowed-endpoints.js'
import { createRunBatcher, type RunBatcher } from './run-batcher.js'

/** Options of {@link createHttpTransport}. */
export interface HttpTransportOptions {
  /** Endpoints that may be called, see {@link parseAllowedEndpoints}. Default `['*']`: all http and https URLs. */
  readonly allowedEndpoints?: readonly string[]
  /** Ed25519 private key (PKCS#8 PEM or base64) that signs every request. Default: none; requests are not signed. */
  readonly signingKey?: KeyInput
  /** Longest time from a request to the head of its answer, in milliseconds. Default: none; the scheduler aborts runs itself. */
  readonly runMsMax?: number
  /** Maximum of bytes of an answer. Default 16 000 000. */
  readonly bodyBytesMax?: number
  /**
   * Maximum of runs in one request, to endpoints that accept several (ADR 0015). 1 sends each run alone, for a proxy that
   * buffers answers. Default 100.
   */
  readonly runsPerRequestMax?: number
  /** Source of the time. Default: the system clock. */
  readonly clock?: Clock
}

const TRANSPORT_LIMITS: Limits<HttpTransportOptions> = {
  runMsMax: TIME,
  bodyBytesMax: COUNT,
  runsPerRequestMax: COUNT,
}

/** Endpoints over HTTP. */
export interface HttpTransport {
  /** The endpoint at a URL of the schemes http and https. One of another scheme fails every run. */
  endpointOf(url: string): Endpoint
  /** Closes all connections; runs under way fail. */
  close(): Promise<void>
}

const CONNECT_MS_MAX = 10_000
/** Longest pause within an answer whose head has come. */
const BODY_PAUSE_MS_MAX = 30_000

/** Sockets to one host. More runs than that wait for one; the scheduler's own limits are lower in all but odd cases. */
const SOCKETS_MAX = 1_024

/** Endpoints whose URLs are kept parsed. */
const ENDPOINTS_KEPT_MAX = 10_000

/**
 * Runs calls at endpoints by HTTP: the Connect unary protocol in binary, over connections that are kept.
 * Redirects are not followed.
 *
 * @throws {TypeError} When an option is malformed.
 */
export function createHttpTransport(options: HttpTransportOptions = {}): HttpTransport {
  checkLimits(options, TRANSPORT_LIMITS)
  const {
    allowedEndpoints = ['*'],
    bodyBytesMax = BODY_BYTES_MAX,
    runsPerRequestMax = BATCH_RUNS_MAX,
  } = options
  const common = {
    connect: { timeout: CONNECT_MS_MAX },
    connections: SOCKETS_MAX,
    headersTimeout: options.runMsMax ?? 0,
  }
  const agent = new Agent({ ...common, bodyTimeout: BODY_PAUSE_MS_MAX, maxResponseSize: bodyBytesMax })
  // Answers to a batch come as its runs end, which may take them long; each is limited by itself.
  const batchAgent = new Agent({ ...common, bodyTimeout: 0 })
  const context: TransportContext = {
    agent,
    batchAgent,
    clock: options.clock ?? SYSTEM_CLOCK,
    isAllowed: parseAllowedEndpoints(allowedEndpoints),
    key:
      options.signingKey === undefined ? undefined : parseSigningKey(options.signingKey, 'option signingKey'),
    bodyBytesMax,
    runsPerRequestMax,
  }
  const endpoints = new Map<string, Endpoint>()
  return {
    endpointOf(url) {
      const known = endpoints.get(url)
      if (known !== undefined) return known
      if (endpoints.size >= ENDPOINTS_KEPT_MAX) endpoints.clear()
      const endpoint = createEndpoint(url, context)
      endpoints.set(url, endpoint)
      return endpoint
    },
    close: async () => {
      await Promise.all([agent.destroy(), batchAgent.destroy()])
    },
  }
}

interface TransportContext {
  readonly agent: Agent
  readonly batchAgent: Agent
  readonly clock: Clock
  readonly isAllowed: EndpointFilter
  readonly key: KeyObject | undefined
  readonly bodyBytesMax: number
  readonly runsPerRequestMax: number
}

function createEndpoint(url: string, context: TransportContext): Endpoint {
  const refusal = refusalOf(url, context.isAllowed)
  if (refusal !== undefined) return { run: async () => refusal }
  const { origin, host, pathname, search } = new URL(url)
  const path = `${pathname.replace(/\/+$/, '')}${RUN_PATH}`
  const { clock, key, bodyBytesMax, runsPerRequestMax } = context

  const headersOf = (contentType: string, body: Uint8Array): Record<string, string> => {
    const headers = { ...unaryHeaders({ userAgent: 'dispatch-node' }), 'content-type': contentType }
    if (key === undefined) return headers
    const signable = { method: 'POST', path, authority: host, contentType, body }
    // Each attempt anew: endpoints refuse signatures of more than five minutes (conformance case Q24).
    return { ...headers, ...signRequest(signable, key, Math.floor(clock.nowMs() / 1000)) }
  }
  const post = (agent: Agent, contentType: string, body: Uint8Array, signal: RunSignal) =>
    agent.request({
      origin,
      path: path + search,
      method: 'POST',
      headers: headersOf(contentType, body),
      body,
      signal,
    })
  const outcomeOfError = (error: unknown): RunOutcome =>
    error instanceof UnaryError ? httpFailureOf(error) : networkFailureOf(error, origin)

  const runAlone = async (request: Uint8Array, signal: RunSignal): Promise<RunOutcome> => {
    try {
      const answer = await post(context.agent, 'application/proto', request, signal)
      const response = parseUnaryResponse(
        answer.statusCode,
        answer.headers,
        await answer.body.bytes(),
        RunResponseSchema,
        { bodyBytesMax, nowMs: clock.nowMs() },
      )
      const runsMax = Math.min(response.batchRunsMax, runsPerRequestMax)
      if (runsMax > 1) batcher ??= createBatcher(runsMax)
      return { kind: 'response', response }
    } catch (error) {
      return outcomeOfError(error)
    }
  }

  /** Made when the endpoint has said that it takes batches. */
  let batcher: RunBatcher | undefined
  const createBatcher = (runsMax: number) =>
    createRunBatcher({
      runsMax,
      responseBytesMax: bodyBytesMax,
      clock,
      outcomeOfError,
      runAlone,
      async post(message, signal) {
        const answer = await post(context.batchAgent, MESSAGE_STREAM_TYPE, envelopeOf(message), signal)
        if (answer.statusCode === 200 && answer.headers['content-type'] === MESSAGE_STREAM_TYPE)
          return answer.body
        throw refusalOfBatch(answer.statusCode, answer.headers, await answer.body.bytes(), clock.nowMs())
      },
    })

  return {
    run: (request, signal) =>
      batcher === undefined
        ? runAlone(encodeRunRequest({ ...request, sendsBatches: runsPerRequestMax > 1 }), signal)
        : batcher(encodeRunRequest(request), signal),
  }
}

function refusalOf(url: string, isAllowed: EndpointFilter): RunOutcome | undefined {
  const refuse = (message: string): RunOutcome => {
    return { kind: 'failure', source: 'endpoint', status: 'permission_denied', message }
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    return refuse(`this scheduler reaches endpoints by http and https only, not ${JSON.stringify(url)}`)
  }
  if (parsed.username !== '' || parsed.password !== '') {
    return refuse(`endpoint ${parsed.origin}: a URL with a user name or password is never called`)
  }
  return isAllowed(parsed) ? undefined : refuse(`endpoint ${url} is not among those this scheduler may call`)
}

/** Why a batch was not taken: an HTTP error, or an answer of something that knows no batches. */
function refusalOfBatch(status: number, headers: UnaryHeaders, body: Uint8Array, nowMs: number): unknown {
  try {
    parseUnaryResponse(status, headers, body, RunResponseSchema, { nowMs })
    return new UnaryError('unimplemented', 'an answer that is no stream of messages', { httpStatus: 415 })
  } catch (error) {
    return error
  }
}

/** Answered by what stands in front of an application that is down or overwhelmed, rather than by the application. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504])

/** What an HTTP status says (conformance cases Q20 to Q22). The Connect code in the body does not count: it says less. */
function httpFailureOf({ httpStatus, status, message, retryAfterMs }: UnaryError): RunOutcome {
  const byHttp = httpStatus === 200 ? status : statusOfHttp(httpStatus)
  return {
    kind: 'failure',
    source: httpStatus === 404 ? 'function' : GATEWAY_STATUSES.has(httpStatus) ? 'transport' : 'endpoint',
    // A success without a body that we could read, such as 204.
    status: byHttp === undefined || byHttp === 'ok' ? status : byHttp,
    message: httpStatus === 200 ? message : `HTTP ${httpStatus}: ${message}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

/** Errors wrap errors; deeper is a cycle. */
const CAUSES_MAX = 8

function networkFailureOf(error: unknown, origin: string): RunOutcome {
  const status = statusOfNetworkError(error)
  return {
    kind: 'failure',
    // An answer that is no HTTP, or too large, is an answer nevertheless.
    source: status === 'invalid_response' ? 'endpoint' : 'transport',
    status,
    message: `${origin}: ${messageOf(error)}`,
  }
}

function statusOfNetworkError(error: unknown): FailureStatus {
  let at = error
  for (let depth = 0; at instanceof Error && depth < CAUSES_MAX; depth++) {
    // The reason of an abort.
    if (at instanceof DispatchError) return at.status
    // undici gives some of these a code, and some none.
    if (at.name === 'HTTPParserError') return 'invalid_response'
    const { code } = at as NodeJS.ErrnoException
    const status = typeof code === 'string' ? statusOfSystemCode(code) : undefined
    if (status !== undefined) return status
    at = at.cause
  }
  // Nobody knows what happened; it may not happen again.
  return 'temporary'
}

/** An AggregateError, of a host none of whose addresses can be reached, has no message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

import type { KeyObject } from 'node:crypto'
import {
  DispatchError,
  type Endpoint,
  type FailureStatus,
  type RunOutcome,
  type RunSignal,
  reasonOfEnd,
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
import {
  checkOptions,
  isAggregateError,
  isError,
  messageOfError,
  type OptionNames,
} from '@dispatch/protocol/text'
import type { Dispatcher } from 'undici'
import { COUNT, checkLimits, type Limits, TIME } from '../options/check-limits.js'
import { type Clock, SYSTEM_CLOCK } from '../time/clock.js'
import { type EndpointFilter, parseAllowedEndpoints } from './allowed-endpoints.js'
import { createHttpAgents, type HttpAgents } from './http-agents.js'
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

const TRANSPORT_OPTIONS = {
  allowedEndpoints: ['allowedUrls', 'endpoints'],
  signingKey: ['privateKey'],
  runMsMax: ['runTimeout', 'runTimeoutMs', 'timeout'],
  bodyBytesMax: ['bodyLimit', 'maxBodySize'],
  runsPerRequestMax: ['batchSize'],
  clock: [],
} as const satisfies OptionNames<HttpTransportOptions>

const TRANSPORT_LIMITS: Limits<HttpTransportOptions> = {
  runMsMax: TIME,
  bodyBytesMax: COUNT,
  runsPerRequestMax: COUNT,
}

/** Endpoints over HTTP. */
export interface HttpTransport {
  /** The endpoint at an http or https URL. Every run at a URL with another scheme fails. */
  endpointOf(url: string): Endpoint
  /** Closes all connections; current runs fail. */
  close(): Promise<void>
}

/** Maximum number of endpoints whose parsed URLs are cached. */
const ENDPOINTS_KEPT_MAX = 10_000

/**
 * Runs calls at endpoints over HTTP: the binary Connect unary protocol over keep-alive connections. Redirects are not
 * followed.
 *
 * @throws {TypeError} When an option does not exist or is malformed.
 */
export function createHttpTransport(options: HttpTransportOptions = {}): HttpTransport {
  checkOptions(options, 'createHttpTransport(options)', TRANSPORT_OPTIONS)
  checkLimits(options, TRANSPORT_LIMITS)
  const {
    allowedEndpoints = ['*'],
    bodyBytesMax = BODY_BYTES_MAX,
    runsPerRequestMax = BATCH_RUNS_MAX,
  } = options
  let agents: Promise<HttpAgents> | undefined
  const context: TransportContext = {
    agents: () => {
      agents ??= createHttpAgents({ headersMsMax: options.runMsMax ?? 0, bodyBytesMax })
      return agents
    },
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
      const opened = await agents
      await Promise.all([opened?.single.destroy(), opened?.batch.destroy()])
    },
  }
}

interface TransportContext {
  readonly agents: () => Promise<HttpAgents>
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
    // Signed for each attempt: endpoints refuse signatures older than five minutes (conformance case Q24).
    return { ...headers, ...signRequest(signable, key, Math.floor(clock.nowMs() / 1000)) }
  }
  const post = async (
    kind: keyof HttpAgents,
    contentType: string,
    body: Uint8Array,
    signal: RunSignal,
  ): Promise<Dispatcher.ResponseData> => {
    const { [kind]: agent } = await context.agents()
    return agent.request({
      origin,
      path: path + search,
      method: 'POST',
      headers: headersOf(contentType, body),
      body,
      signal,
    })
  }
  const outcomeOfError = (error: unknown): RunOutcome =>
    error instanceof UnaryError ? httpFailureOf(error) : networkFailureOf(error, origin)

  const runAlone = async (request: Uint8Array, signal: RunSignal): Promise<RunOutcome> => {
    try {
      const answer = await post('single', 'application/proto', request, signal)
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

  /** Created once the endpoint has announced that it accepts batches. */
  let batcher: RunBatcher | undefined
  const createBatcher = (runsMax: number) =>
    createRunBatcher({
      runsMax,
      responseBytesMax: bodyBytesMax,
      clock,
      outcomeOfError,
      runAlone,
      async post(message, signal) {
        const answer = await post('batch', MESSAGE_STREAM_TYPE, envelopeOf(message), signal)
        if (answer.statusCode === 200 && answer.headers['content-type'] === MESSAGE_STREAM_TYPE)
          return answer.body
        throw refusalOfBatch(answer.statusCode, answer.headers, await answer.body.bytes(), clock.nowMs())
      },
    })

  return {
    run: (request, signal) =>
      batcher === undefined
        ? runAlone(encodeRunRequest({ ...request, sendsBatches: runsPerRequestMax > 1 }), signal)
        : batcher.run(encodeRunRequest(request), signal),
    endCall(dispatchId, reason) {
      const end = reasonOfEnd(reason)
      if (end !== undefined) batcher?.endCall(dispatchId, end)
    },
  }
}

function refusalOf(url: string, isAllowed: EndpointFilter): RunOutcome | undefined {
  const refuse = (message: string): RunOutcome => {
    return { kind: 'failure', source: 'endpoint', status: 'permission_denied', message }
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    return refuse(`endpoint: expected an http or https URL, got ${JSON.stringify(url)}`)
  }
  if (parsed.username !== '' || parsed.password !== '') {
    return refuse(`endpoint ${parsed.origin}: expected a URL without a user name or password`)
  }
  return isAllowed(parsed)
    ? undefined
    : refuse(`endpoint ${url} is not in allowedEndpoints of this scheduler`)
}

/** The reason for refusing a batch: an HTTP error, or a response from a server without support for batches. */
function refusalOfBatch(status: number, headers: UnaryHeaders, body: Uint8Array, nowMs: number): unknown {
  try {
    parseUnaryResponse(status, headers, body, RunResponseSchema, { nowMs })
    return new UnaryError('unimplemented', 'the response is not a stream of messages', { httpStatus: 415 })
  } catch (error) {
    return error
  }
}

/** Statuses sent by a proxy in front of an application that is down or overloaded, rather than by the application. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 503, 504])

/** The outcome of an HTTP status (conformance cases Q20 to Q22). The Connect code in the body is less specific and ignored. */
function httpFailureOf({ httpStatus, status, message, retryAfterMs }: UnaryError): RunOutcome {
  const byHttp = httpStatus === 200 ? status : statusOfHttp(httpStatus)
  return {
    kind: 'failure',
    source: httpStatus === 404 ? 'function' : GATEWAY_STATUSES.has(httpStatus) ? 'transport' : 'endpoint',
    // A success without a readable body, such as 204.
    status: byHttp === undefined || byHttp === 'ok' ? status : byHttp,
    message: httpStatus === 200 ? message : `HTTP ${httpStatus}: ${message}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

/** Maximum depth of wrapped errors; a deeper chain is a cycle. */
const CAUSES_MAX = 8

function networkFailureOf(error: unknown, origin: string): RunOutcome {
  const status = statusOfNetworkError(error)
  return {
    kind: 'failure',
    // A response that is not HTTP or is too large still comes from the endpoint.
    source: status === 'invalid_response' ? 'endpoint' : 'transport',
    status,
    message: `${origin}: ${messageOf(error)}`,
  }
}

function statusOfNetworkError(error: unknown): FailureStatus {
  let at = error
  for (let depth = 0; isError(at) && depth < CAUSES_MAX; depth++) {
    // The reason of an abort.
    if (at instanceof DispatchError) return at.status
    // Only some errors of undici have a code.
    if (at.name === 'HTTPParserError') return 'invalid_response'
    const { code } = at as NodeJS.ErrnoException
    const status = typeof code === 'string' ? statusOfSystemCode(code) : undefined
    if (status !== undefined) return status
    at = at.cause
  }
  // The cause is unknown and may be transient.
  return 'temporary'
}

/** An AggregateError (no address of a host is reachable) has no message of its own. */
function messageOf(error: unknown): string {
  if (isAggregateError(error) && error.message === '') return error.errors.map(messageOf).join('; ')
  return messageOfError(error)
}

import type { KeyObject } from 'node:crypto'
import {
  BODY_BYTES_MAX,
  DispatchError,
  type Endpoint,
  encodeRunRequest,
  type FailureStatus,
  type KeyInput,
  parseSigningKey,
  parseUnaryResponse,
  type RunOutcome,
  type RunRequest,
  RunResponseSchema,
  type RunSignal,
  signRequest,
  statusOfHttp,
  statusOfSystemCode,
  UnaryError,
  unaryHeaders,
} from '@dispatch/protocol'
import { Agent } from 'undici'
import { type EndpointFilter, parseAllowedEndpoints } from './allowed-endpoints.js'
import { type Clock, SYSTEM_CLOCK } from './clock.js'

export interface HttpTransportOptions {
  /** The endpoints that may be called, see {@link parseAllowedEndpoints}. Default: all that http and https reach. */
  readonly allowedEndpoints?: readonly string[]
  /** Private key (PKCS#8 PEM or base64) that every request is signed with. Without it none is. */
  readonly signingKey?: KeyInput
  /** Longest time from a request to the head of its answer. Default: none, since the scheduler aborts runs itself. */
  readonly runMsMax?: number
  /** Most bytes of an answer. */
  readonly bodyBytesMax?: number
  readonly clock?: Clock
}

export interface HttpTransport {
  /** The endpoint at a URL of the schemes http and https. One of another scheme fails every run. */
  endpointOf(url: string): Endpoint
  /** Closes all connections; runs under way fail. */
  close(): Promise<void>
}

const RUN_PATH = '/dispatch.sdk.v1.FunctionService/Run'

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
  const agent = new Agent({
    connect: { timeout: CONNECT_MS_MAX },
    connections: SOCKETS_MAX,
    headersTimeout: options.runMsMax ?? 0,
    bodyTimeout: BODY_PAUSE_MS_MAX,
    maxResponseSize: options.bodyBytesMax ?? BODY_BYTES_MAX,
  })
  const context: TransportContext = {
    agent,
    clock: options.clock ?? SYSTEM_CLOCK,
    isAllowed: parseAllowedEndpoints(options.allowedEndpoints ?? ['*']),
    key:
      options.signingKey === undefined ? undefined : parseSigningKey(options.signingKey, 'option signingKey'),
    bodyBytesMax: options.bodyBytesMax ?? BODY_BYTES_MAX,
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
    close: () => agent.destroy(),
  }
}

interface TransportContext {
  readonly agent: Agent
  readonly clock: Clock
  readonly isAllowed: EndpointFilter
  readonly key: KeyObject | undefined
  readonly bodyBytesMax: number
}

function createEndpoint(url: string, context: TransportContext): Endpoint {
  const refusal = refusalOf(url, context.isAllowed)
  if (refusal !== undefined) return { run: async () => refusal }
  const { origin, host, pathname, search } = new URL(url)
  const path = `${pathname.replace(/\/+$/, '')}${RUN_PATH}`
  const { agent, clock, key, bodyBytesMax } = context

  const headersOf = (body: Uint8Array): Record<string, string> => {
    const headers = unaryHeaders({ userAgent: 'dispatch-node' })
    if (key === undefined) return headers
    const contentType = headers['content-type'] as string
    const signable = { method: 'POST', path, authority: host, contentType, body }
    // Each attempt anew: endpoints refuse signatures of more than five minutes (conformance case Q24).
    return { ...headers, ...signRequest(signable, key, Math.floor(clock.nowMs() / 1000)) }
  }

  return {
    async run(request: RunRequest, signal: RunSignal): Promise<RunOutcome> {
      try {
        const body = encodeRunRequest(request)
        const answer = await agent.request({
          origin,
          path: path + search,
          method: 'POST',
          headers: headersOf(body),
          body,
          signal,
        })
        const bytes = await answer.body.bytes()
        const limits = { bodyBytesMax, nowMs: clock.nowMs() }
        const response = parseUnaryResponse(
          answer.statusCode,
          answer.headers,
          bytes,
          RunResponseSchema,
          limits,
        )
        return { kind: 'response', response }
      } catch (error) {
        return error instanceof UnaryError ? httpFailureOf(error) : networkFailureOf(error, origin)
      }
    },
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

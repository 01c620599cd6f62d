import { setMaxListeners } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { type Logger, linkAbort, type Scheduler } from '@dispatch/protocol'
import { BODY_BYTES_MAX } from '@dispatch/protocol/bounds'
import {
  checkHead,
  errorResponse,
  readBody,
  type StreamedResponse,
  type UnaryResponse,
  unreadResponse,
  whenGone,
} from '@dispatch/protocol/connect'
import { DISPATCH_PATH } from '@dispatch/protocol/messages'
import { checkOptions, type OptionNames } from '@dispatch/protocol/text'
import { checkLimits } from '../options/check-limits.js'
import { parseAllowedEndpoints } from '../transport/allowed-endpoints.js'
import { type ApiKeys, createAuthenticator, DEFAULT_TENANT } from './api-keys.js'
import { localRequestProblem } from './loopback.js'
import type { MethodContext, MethodOptions } from './method-context.js'
import { METHODS } from './methods.js'
import {
  REQUEST_LIMIT_OPTIONS,
  REQUEST_LIMITS,
  RequestCapacity,
  type RequestLimits,
} from './request-capacity.js'

/** Options of {@link createSchedulerHandler}. */
export interface SchedulerHandlerOptions extends RequestLimits {
  /** The scheduler to serve. */
  readonly scheduler: { forTenant(tenant: string): Scheduler }
  /** Keys that may use the scheduler. Default: none; only requests from this machine to a loopback address are answered. */
  readonly apiKeys?: ApiKeys
  /** Endpoints that calls may be dispatched to, see `parseAllowedEndpoints`. Default `['*']`: all. */
  readonly allowedEndpoints?: readonly string[]
  /** Maximum of bytes of a request, before and after decompression. Default 16 000 000. */
  readonly bodyBytesMax?: number
  /** When it aborts, requests that wait for a call are answered with its current state. Default: none. */
  readonly closing?: AbortSignal
  /** Receives log messages. Default: none. */
  readonly logger?: Logger
}

/** The options of {@link SchedulerHandlerOptions}, with other words for them. */
export const HANDLER_OPTIONS = {
  ...REQUEST_LIMIT_OPTIONS,
  scheduler: [],
  apiKeys: ['apiKey', 'keys', 'tokens'],
  allowedEndpoints: ['allowedUrls', 'endpoints'],
  bodyBytesMax: ['bodyLimit', 'maxBodySize'],
  closing: ['signal'],
  logger: ['log'],
} as const satisfies OptionNames<SchedulerHandlerOptions>

/** A request listener of Node.js's HTTP server. Never throws. */
export type SchedulerHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Serves a scheduler: DispatchService and CallService in the Connect protocol, in binary and JSON.
 *
 * A request without a valid key is refused with 401 before its body is read (conformance case Q04); other bodies are read
 * up to `bodyBytesMax`. When current requests and responses use too much memory, it is refused with 429
 * (docs/operate/overload.md).
 *
 * @throws {TypeError} When an option does not exist or is malformed.
 */
export function createSchedulerHandler(options: SchedulerHandlerOptions): SchedulerHandler {
  checkOptions(options, 'createSchedulerHandler(options)', HANDLER_OPTIONS)
  checkLimits(options, REQUEST_LIMITS)
  const { scheduler, apiKeys, allowedEndpoints = ['*'], closing, logger } = options
  const { bodyBytesMax = BODY_BYTES_MAX } = options
  const capacity = new RequestCapacity(options, bodyBytesMax)
  const isAllowed = parseAllowedEndpoints(allowedEndpoints)
  const authenticate = apiKeys === undefined ? undefined : createAuthenticator(apiKeys)
  const methodOptions: MethodOptions = {
    bodyBytesMax,
    onInternalError: (error) => logger?.error({ err: error }, 'a request failed with an internal error'),
  }

  const tenantOf = (request: IncomingMessage): { tenant: string } | { problem: string } => {
    if (authenticate !== undefined) return authenticate(request.headers.authorization)
    const problem = localRequestProblem(request)
    return problem === undefined ? { tenant: DEFAULT_TENANT } : { problem }
  }

  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<UnaryResponse | StreamedResponse> => {
    const path = (request.url ?? '/').split('?', 1)[0] as string
    const method = METHODS.get(path)
    if (method === undefined) return errorResponse('not_found', `no method at ${path}`)
    const authentication = tenantOf(request)
    if ('problem' in authentication) {
      return errorResponse('unauthenticated', authentication.problem, { 'www-authenticate': 'Bearer' })
    }
    const limits = { bodyBytesMax, lengthRequired: false }
    const refusal = checkHead(request.method ?? '', request.headers, limits)
    if (refusal !== undefined) return refusal
    const reservation = capacity.reserve(request, response)
    if ('status' in reservation) return reservation
    const body = await readBody(request, {
      take: capacity.takerOf(request, reservation),
      msMax: capacity.bodyMsMax,
    }).catch(unreadResponse)
    if ('status' in body) return body
    let signal: AbortSignal | undefined
    const context: MethodContext = {
      scheduler: scheduler.forTenant(authentication.tenant),
      isAllowed,
      // Most methods do not wait.
      get signal() {
        signal ??= endOf(response, closing)
        return signal
      },
      options: methodOptions,
      hold: (bytes) => reservation.grow(bytes),
    }
    const answered = await method({ method: 'POST', path, headers: request.headers, body }, context)
    if (!(answered.body instanceof Uint8Array)) {
      capacity.watchStream(response)
      return answered
    }
    const bytes = answered.body.byteLength
    // The response to a recorded Dispatch must not be refused; ids take few bytes.
    if (!reservation.grow(bytes) && path !== DISPATCH_PATH) return capacity.full(bytes)
    capacity.watchAnswer(response, bytes)
    return answered
  }

  // One listener per concurrent request, without an upper bound.
  if (closing !== undefined) setMaxListeners(0, closing)

  return (request, response) => {
    answer(request, response).then(
      (unary) => write(response, unary, closing),
      (error) => {
        methodOptions.onInternalError(error)
        write(response, errorResponse('internal', 'internal error'), closing)
      },
    )
  }
}

/** Aborts when the sender disconnects before the response, or when the server is about to close. */
function endOf(response: ServerResponse, closing: AbortSignal | undefined): AbortSignal {
  const controller = new AbortController()
  const abort = () => controller.abort()
  const unlink = linkAbort(closing, abort)
  whenGone(response, () => {
    unlink()
    if (!response.writableFinished) abort()
  })
  return controller.signal
}

function write(
  response: ServerResponse,
  { status, headers, body }: UnaryResponse | StreamedResponse,
  closing?: AbortSignal,
): void {
  if (response.destroyed || response.headersSent) return
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  // The unread rest of a body would be parsed as the next request.
  if (!response.req.complete || closing?.aborted) response.setHeader('connection', 'close')
  response.statusCode = status
  if (body instanceof Uint8Array) response.end(body)
  else pipeline(body, response, () => undefined)
}

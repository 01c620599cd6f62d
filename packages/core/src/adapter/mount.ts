import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import {
  type ConnectCode,
  errorResponse,
  readBody,
  tooLargeResponse,
  type UnaryResponse,
  unreadResponse,
  whenGone,
} from '@dispatch/protocol/connect'
import { RUN_PATH } from '@dispatch/protocol/messages'
import { describeValue } from '@dispatch/protocol/text'
import type { CallHandle } from '../calls/call-handle.js'
import type { DispatchOptions } from '../config/dispatch-options.js'
import { Dispatch } from '../dispatch/dispatch.js'
import type { EndpointResponse } from '../endpoint/endpoint.js'
import type { BodyReservation } from '../endpoint/run-capacity.js'
import type { DispatchedCallOptions } from '../functions/call-options.js'
import type { DispatchFunction } from '../functions/dispatch-function.js'
import { givenBodyOf, type RequestWithBody } from '../server/node-body.js'
import { closeSignalOf, endConnection, pathOf } from '../server/node-listener.js'
import {
  CALLS_PATH_DEFAULT,
  callReply,
  dispatchedReply,
  type Reply,
  type ReplyOptions,
} from './dispatched.js'
import { OpenAnswers } from './open-answers.js'

/** Options of every adapter: those of `new Dispatch`, and what concerns the application. */
export interface MountOptions extends DispatchOptions {
  /**
   * An existing `Dispatch`. `functions` are added to it, and other options of `new Dispatch` are ignored; the application stops
   * and closes it. Default: a new one.
   */
  readonly dispatch?: Dispatch | undefined
  /** Path at which state and result of calls are served: `GET <callsPath>/<id>`; `false` for none. Default `/dispatch/calls`. */
  readonly callsPath?: string | false | undefined
}

/** Hands a call to the scheduler and resolves, once it is recorded, with its handle. As `fn.dispatch(input)`. */
export interface DispatchCall {
  <Output>(fn: DispatchFunction<void, Output>): Promise<CallHandle<Output>>
  <Input, Output>(
    fn: DispatchFunction<Input, Output>,
    input: Input,
    options?: DispatchedCallOptions,
  ): Promise<CallHandle<Output>>
}

/** Answers a request with what is known of the call: `reply.dispatched`, `res.dispatched`. Takes a promise of it as well. */
export type Dispatched = (handle: CallHandle<unknown> | Promise<CallHandle<unknown>>) => Promise<void>

/** A request of a user's client as far as answers depend on it. */
export type MountRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers'> & {
  readonly originalUrl?: string
}

/** A `Dispatch` in an application that serves HTTP: what adapters to frameworks share. */
export interface Mount {
  readonly dispatch: Dispatch
  /** `dispatch.dispatch`, as a function of its own. */
  readonly dispatchCall: DispatchCall
  /** Without a final slash; `false` when calls are shown nowhere. */
  readonly callsPath: string | false
  /** Begins to know an answer that is to come. Call it for every request of the application. */
  watch(response: ServerResponse): void
  /** Whether a request, by its path below the mount, is one for a run. */
  isRun(request: MountRequest): boolean
  /** The refusal of a request to {@link RUN_PATH} of which only the head is known; `undefined` when its body may be read. */
  enter(request: MountRequest, response: ServerResponse): UnaryResponse | undefined
  /**
   * The body that something in front of the framework has read, as a stream; `undefined` when nobody has.
   *
   * @throws {UnaryError} As `readNodeBody`: a framework would wait for ever for a body that is gone.
   */
  givenPayloadOf(request: RequestWithBody): Readable | undefined
  /**
   * Reads the body of a request that has entered.
   *
   * @param payload - The request, or what the framework has made of it.
   * @throws {UnaryError} As `readNodeBody`.
   */
  readBody(request: MountRequest, payload: Readable): Promise<Uint8Array>
  /** Answers a request to {@link RUN_PATH}, whose body some framework has read. Never rejects. */
  run(request: MountRequest, response: ServerResponse, body: Uint8Array): Promise<EndpointResponse>
  /** The answer to a request to {@link RUN_PATH} that the framework, or a hook in front of us, has refused. */
  refusalOf(error: unknown): UnaryResponse
  /** Which call a request asks for, by its path below the mount; `undefined` when it is no such request. */
  callIdOf(request: MountRequest): string | undefined
  /** The answer to a request for what became of a call. */
  callReply(id: string, request: MountRequest, response: ServerResponse): Promise<Reply>
  /**
   * The answer to a request that dispatched a call.
   *
   * @param mountPath - Where the adapter is mounted, as the application sees it; `''` at the root.
   */
  dispatchedReply(
    handle: Parameters<Dispatched>[0],
    request: MountRequest,
    response: ServerResponse,
    mountPath: string,
  ): Promise<Reply>
  /** Runs no more calls; answers that are still to come close their connections, and those that wait wait no longer. */
  stop(): Promise<void>
  /** Stops, and closes the `Dispatch`. */
  close(): Promise<void>
}

/**
 * Makes a {@link Mount}.
 *
 * Rules.
 *  M1 Every answer that is written after `stop` began closes its connection: an idle one would hold up the server for
 *     its keep-alive timeout, 72 s with Fastify.
 *  M2 Runs end before those that wait for results are told that the time is up.
 *  M3 `location` begins with the path of the public URL, if there is one: only that knows what a proxy has cut off.
 *
 * @throws {TypeError} Naming the option, its value and the fix.
 */
export function mountDispatch({ dispatch: given, callsPath, ...options }: MountOptions): Mount {
  const dispatch = given === undefined ? new Dispatch(options) : withFunctions(given, options)
  const path = checkCallsPath(callsPath)
  const publicPath = publicPathOf(dispatch.endpointUrl)
  const answers = new OpenAnswers()
  /** Of the requests for runs whose bodies may be read. */
  const places = new WeakMap<MountRequest, BodyReservation>()

  const replyOptions = ({ url = '/', headers }: MountRequest, response: ServerResponse): ReplyOptions => ({
    url,
    prefer: textOf(headers.prefer),
    signal: answers.waitSignalOf(response),
  })
  const headOf = (request: MountRequest) => ({
    method: request.method ?? '',
    path: RUN_PATH,
    headers: request.headers,
    originalPath: pathOf(request.originalUrl ?? request.url ?? '/'),
  })

  const mount: Mount = {
    dispatch,
    dispatchCall: dispatch.dispatch.bind(dispatch) as DispatchCall,
    callsPath: path,
    watch(response) {
      if (dispatch.isStopping) endConnection(response)
      else answers.add(response)
    },
    isRun: (request) => dispatch.isRunPath(pathOf(request.url ?? '/')),
    enter(request, response) {
      const place = dispatch.reserve(headOf(request))
      if ('status' in place) {
        // Its body will not be read.
        endConnection(response)
        return place
      }
      places.set(request, place)
      whenGone(response, place.release)
      return undefined
    },
    givenPayloadOf(request) {
      const body = givenBodyOf(request)
      return body && Readable.from([body])
    },
    readBody: (request, payload) => readBody(payload, places.get(request) as BodyReservation),
    run: (request, response, body) => dispatch.handle({ ...headOf(request), body }, closeSignalOf(response)),
    refusalOf,
    callIdOf(request) {
      if (path === false || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined
      const requested = pathOf(request.url ?? '/')
      return requested.startsWith(`${path}/`) ? decoded(requested.slice(path.length + 1)) : undefined
    },
    callReply: (id, request, response) => callReply(dispatch, id, replyOptions(request, response)),
    async dispatchedReply(handle, request, response, mountPath) {
      const prefix = publicPath ?? mountPath
      return await dispatchedReply(await handle, {
        ...replyOptions(request, response),
        callsPath: path === false ? false : prefix + path,
      })
    },
    async stop() {
      const stopped = dispatch.stop()
      answers.endConnections()
      await stopped
      answers.endWaits()
    },
    async close() {
      await mount.stop()
      await dispatch.close()
    },
  }
  return mount
}

function withFunctions(dispatch: Dispatch, { functions = [] }: DispatchOptions): Dispatch {
  if (typeof (dispatch as { reserve?: unknown } | null)?.reserve !== 'function') {
    throw new TypeError(`option dispatch: wanted a Dispatch, got ${describeValue(dispatch)}`)
  }
  dispatch.register(...functions)
  return dispatch
}

function checkCallsPath(callsPath: unknown = CALLS_PATH_DEFAULT): string | false {
  if (callsPath === false) return false
  // What routers take for a pattern is refused, so that every adapter serves the same path.
  if (typeof callsPath === 'string' && /^(?:\/[\w.~-]+)+$/.test(callsPath)) return callsPath
  throw new TypeError(
    `option callsPath: wanted a path without a final slash, such as ${CALLS_PATH_DEFAULT}, or false, got ` +
      describeValue(callsPath),
  )
}

function publicPathOf(endpointUrl: string | undefined): string | undefined {
  if (endpointUrl === undefined || !/^https?:/.test(endpointUrl)) return undefined
  return new URL(endpointUrl).pathname.replace(/\/+$/, '')
}

/** Anything else that is refused is wrong in a way that repeating does not mend. */
const CODES_BY_HTTP_STATUS: Readonly<Record<number, ConnectCode>> = {
  401: 'unauthenticated',
  403: 'permission_denied',
  429: 'resource_exhausted',
}

function refusalOf(error: unknown): UnaryResponse {
  const { statusCode, message } = (error ?? {}) as {
    readonly statusCode?: unknown
    readonly message?: unknown
  }
  if (statusCode === 413) return tooLargeResponse()
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return unreadResponse(error)
  const code = CODES_BY_HTTP_STATUS[statusCode] ?? 'invalid_argument'
  return { ...errorResponse(code, String(message)), status: statusCode }
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text) || undefined
  } catch {
    return undefined
  }
}

import type { ServerResponse } from 'node:http'
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
import type { CallHandle } from '../calls/call-handle.js'
import type { Dispatch } from '../dispatch/dispatch.js'
import type { EndpointResponse } from '../endpoint/endpoint.js'
import type { BodyReservation } from '../endpoint/run-capacity.js'
import { givenBodyOf, type RequestWithBody } from '../server/node-body.js'
import {
  closeSignalOf,
  endConnection,
  handleNode,
  pathOf,
  writeNodeResponse,
} from '../server/node-listener.js'
import { callReply, dispatchedReply, type Reply, type ReplyOptions } from './dispatched.js'
import type { OpenAnswers } from './open-answers.js'

/** A request to an application. */
export type MountRequest = RequestWithBody & { readonly originalUrl?: string }

/** What the exchanges of a mount share. */
export interface ExchangeContext {
  readonly dispatch: Dispatch
  /** `false`: calls are not served. */
  readonly callsPath: string | false
  /** The path of the public URL, if there is one. */
  readonly publicPath: string | undefined
  readonly answers: OpenAnswers
}

/**
 * One request to an application, and its response.
 *
 * A framework with routes and parsers of its own calls `reserve`, `bodyOf`, `readBody` and `run` in this order for a run,
 * and `refusalOf` when one of them fails; any other calls `serve`.
 */
export class Exchange {
  readonly #context: ExchangeContext
  readonly #request: MountRequest
  readonly #response: ServerResponse
  #reservation: BodyReservation | undefined

  constructor(context: ExchangeContext, request: MountRequest, response: ServerResponse) {
    this.#context = context
    this.#request = request
    this.#response = response
  }

  /** Reserves capacity for a request for a run, whose body may then be read. Returns the refusal if it may not. */
  reserve(): UnaryResponse | undefined {
    const reservation = this.#context.dispatch.reserve(this.#head())
    if ('status' in reservation) {
      // The body will not be read.
      endConnection(this.#response)
      return reservation
    }
    this.#reservation = reservation
    whenGone(this.#response, reservation.release)
    return undefined
  }

  /**
   * The body as a stream: `payload`, unless something in front of the framework has read it and stored the bytes.
   *
   * @throws {UnaryError} As `givenBodyOf`: the framework would wait forever for a body that was consumed.
   */
  bodyOf(payload: Readable): Readable {
    const body = givenBodyOf(this.#request)
    return body === undefined ? payload : Readable.from([body])
  }

  /**
   * Reads the body, after {@link reserve}.
   *
   * @param payload - The request, or the stream that the framework made of it.
   * @throws {UnaryError} As `readBody` of `@dispatch/protocol/connect`.
   */
  readBody(payload: Readable): Promise<Uint8Array> {
    return readBody(payload, this.#reservation as BodyReservation)
  }

  /** The answer to a request for a run whose body has been read. Never rejects. */
  run(body: Uint8Array = Buffer.alloc(0)): Promise<EndpointResponse> {
    return this.#context.dispatch.handle({ ...this.#head(), body }, closeSignalOf(this.#response))
  }

  /** The answer to a request for a run that the framework, or a hook of the application, has refused. */
  refusalOf(error: unknown): UnaryResponse {
    return refusalOf(error)
  }

  /** The answer to a request for the call of an id. */
  callReply(id: string): Promise<Reply> {
    return callReply(this.#context.dispatch, id, this.#replyOptions())
  }

  /**
   * The answer to a request that dispatched a call.
   *
   * @param mountPath - The path at which the adapter is mounted, as the application sees it; `''` at the root.
   */
  async dispatchedReply(
    handle: CallHandle<unknown> | Promise<CallHandle<unknown>>,
    mountPath: string,
  ): Promise<Reply> {
    // M3.
    const { callsPath, publicPath = mountPath } = this.#context
    return await dispatchedReply(await handle, {
      ...this.#replyOptions(),
      callsPath: callsPath === false ? false : publicPath + callsPath,
    })
  }

  /**
   * Answers the request if it is for a run or for a call, by its path below the mount. Returns whether it is.
   *
   * @param onError - Called when the call cannot be looked up.
   */
  serve(onError: (error: unknown) => void): boolean {
    const { dispatch } = this.#context
    if (dispatch.isRunPath(pathOf(this.#request.url ?? '/'))) {
      void handleNode(dispatch, this.#request, this.#response)
      return true
    }
    const id = this.#callId()
    if (id !== undefined) void this.respond(this.callReply(id), onError)
    return id !== undefined
  }

  /** Writes an answer. Never rejects; calls `onError` when there is none. */
  respond(reply: Promise<Reply>, onError: (error: unknown) => void): Promise<void> {
    return reply.then((it) => writeNodeResponse(this.#response, it)).catch(onError)
  }

  #head() {
    const { method = '', url = '/', originalUrl = url, headers } = this.#request
    return { method, path: RUN_PATH, headers, originalPath: pathOf(originalUrl) }
  }

  #replyOptions(): ReplyOptions {
    const { url = '/', headers } = this.#request
    const { prefer } = headers
    return {
      url,
      prefer: Array.isArray(prefer) ? prefer.join(', ') : prefer,
      signal: this.#context.answers.waitSignalOf(this.#response),
    }
  }

  /** The id of the call that is requested; `undefined` when the request is for something else. */
  #callId(): string | undefined {
    const { callsPath } = this.#context
    const { method, url = '/' } = this.#request
    if (callsPath === false || (method !== 'GET' && method !== 'HEAD')) return undefined
    const path = pathOf(url)
    return path.startsWith(`${callsPath}/`) ? decodePath(path.slice(callsPath.length + 1)) : undefined
  }
}

/** The Connect codes of HTTP statuses. Every other refusal is one that a repeat does not change. */
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

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path) || undefined
  } catch {
    return undefined
  }
}

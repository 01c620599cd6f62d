import type { ServerResponse } from 'node:http'
import { checkOptions, describeValue } from '@dispatch/protocol/text'
import type { CallHandle } from '../calls/call-handle.js'
import { checkFunctions } from '../config/config.js'
import type { DispatchOptions } from '../config/dispatch-options.js'
import { Dispatch } from '../dispatch/dispatch.js'
import type { DispatchedCallOptions } from '../functions/call-options.js'
import type { DispatchFunction } from '../functions/dispatch-function.js'
import { endConnection } from '../server/node-listener.js'
import { CALLS_PATH_DEFAULT } from './dispatched.js'
import { Exchange, type ExchangeContext, type MountRequest } from './exchange.js'
import { MOUNT_OPTIONS, type MountOptions } from './mount-options.js'
import { OpenAnswers } from './open-answers.js'

/** Dispatches a call and resolves, once it is recorded, with its handle. Like `fn.dispatch(input)`. */
export interface DispatchCall {
  <Output>(fn: DispatchFunction<void, Output>): Promise<CallHandle<Output>>
  <Input, Output>(
    fn: DispatchFunction<Input, Output>,
    input: Input,
    options?: DispatchedCallOptions,
  ): Promise<CallHandle<Output>>
}

/** Answers a request with the state of a call: `reply.dispatched`, `res.dispatched`. Also takes a promise of the handle. */
export type Dispatched = (handle: CallHandle<unknown> | Promise<CallHandle<unknown>>) => Promise<void>

/** A `Dispatch` in an application that serves HTTP: what adapters to frameworks share. */
export interface Mount {
  readonly dispatch: Dispatch
  /** `dispatch.dispatch` as a function. */
  readonly dispatchCall: DispatchCall
  /** Without a final slash; `false` when calls are not served. */
  readonly callsPath: string | false
  /**
   * The exchange of a request, the same object each time. Call it for every request of the application, so that their
   * connections are closed at shutdown.
   *
   * @param response - Required the first time.
   */
  exchange(request: MountRequest, response?: ServerResponse): Exchange
  /** Stops running calls; pending answers close their connections, and requests that wait for results are answered. */
  stop(): Promise<void>
  /** Stops, and closes the `Dispatch`. */
  close(): Promise<void>
}

/**
 * Makes a {@link Mount}.
 *
 * Rules.
 *  M1 Every answer that is written after `stop` began closes its connection: an idle connection would keep the server open
 *     for its keep-alive timeout, 72 s with Fastify.
 *  M2 Runs end first; then requests that wait for results are answered as if their time was up.
 *  M3 `location` begins with the path of the public URL, if there is one: a proxy may have stripped it from requests.
 *
 * @throws {TypeError} Naming the option, its value and the fix.
 */
export function mountDispatch(mountOptions: MountOptions): Mount {
  checkOptions(mountOptions, 'mountDispatch(options)', MOUNT_OPTIONS)
  const { dispatch: given, callsPath, ...options } = mountOptions
  const dispatch = given === undefined ? new Dispatch(options) : withFunctions(given, options)
  const answers = new OpenAnswers()
  const context: ExchangeContext = {
    dispatch,
    callsPath: checkCallsPath(callsPath),
    publicPath: publicPathOf(dispatch.endpointUrl),
    answers,
  }
  const exchanges = new WeakMap<MountRequest, Exchange>()

  const mount: Mount = {
    dispatch,
    dispatchCall: dispatch.dispatch.bind(dispatch) as DispatchCall,
    callsPath: context.callsPath,
    exchange(request, response) {
      const existing = exchanges.get(request)
      if (existing !== undefined) return existing
      if (response === undefined)
        throw new TypeError('exchange(request): expected its response, too, got none')
      const exchange = new Exchange(context, request, response)
      exchanges.set(request, exchange)
      if (dispatch.isStopping) endConnection(response)
      else answers.add(response)
      return exchange
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

function withFunctions(dispatch: Dispatch, options: DispatchOptions): Dispatch {
  if (typeof (dispatch as { reserve?: unknown } | null)?.reserve !== 'function') {
    throw new TypeError(`option dispatch: expected a Dispatch, got ${describeValue(dispatch)}`)
  }
  dispatch.register(...checkFunctions(options.functions))
  return dispatch
}

function checkCallsPath(callsPath: unknown = CALLS_PATH_DEFAULT): string | false {
  if (callsPath === false) return false
  // Characters that routers read as patterns are refused, so that every adapter serves the same path.
  if (typeof callsPath === 'string' && /^(?:\/[\w.~-]+)+$/.test(callsPath)) return callsPath
  throw new TypeError(
    `option callsPath: expected a path without a final slash, such as ${CALLS_PATH_DEFAULT}, or false, got ` +
      describeValue(callsPath),
  )
}

function publicPathOf(endpointUrl: string | undefined): string | undefined {
  if (endpointUrl === undefined || !/^https?:/.test(endpointUrl)) return undefined
  return new URL(endpointUrl).pathname.replace(/\/+$/, '')
}

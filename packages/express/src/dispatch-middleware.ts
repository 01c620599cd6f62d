import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dispatch } from '@dispatch/core'
import {
  createServerLife,
  type DispatchCall,
  type Dispatched,
  handleNode,
  type MountOptions,
  mountDispatch,
  type Reply,
  type ServerLife,
  writeNodeResponse,
} from '@dispatch/core/adapter'

/** Options of {@link dispatchMiddleware}: those of `new Dispatch`, and these. */
export interface DispatchMiddlewareOptions extends MountOptions {
  /**
   * When an embedded scheduler begins to run calls. `auto`: when the attached server listens; without one when
   * any server of the process listens, or at the first request. `manual`: at `middleware.dispatch.start()`. Default `auto`.
   */
  readonly start?: 'auto' | 'manual' | undefined
}

/** Middleware for Express 4 and 5, Connect and the like. */
export interface DispatchMiddleware {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void
  readonly dispatch: Dispatch
  /**
   * Starts when the server listens, and drains when it is closed: the callback of `server.close(callback)` then waits for the
   * runs that go on, and the store is closed. Gives the server back.
   */
  readonly attach: ServerLife['attach']
  /** Runs no more calls, waits for those that go on, and closes the store: for servers that are not attached. */
  readonly close: ServerLife['close']
}

declare global {
  namespace Express {
    interface Request {
      /** Hands a call to the scheduler and resolves, once it is recorded, with its handle. */
      dispatch: DispatchCall
    }
    interface Response {
      /**
       * Answers 202 with the `location` of the call; with `?wait=5s` it waits so long and answers 200 with the result. Never
       * rejects: a failure, also of the promise that it is given, goes to the application's error handler.
       */
      dispatched: Dispatched
    }
  }
}

/** What routers leave in a request. */
interface RoutedRequest extends IncomingMessage {
  readonly baseUrl?: string
  readonly next?: (error?: unknown) => void
  dispatch?: DispatchCall
}

/**
 * Makes functions durable in an Express application: `req.dispatch`, `res.dispatched`, and the route on which schedulers run
 * them, below where it is mounted. Mount it before parsers that take every content type.
 *
 * @throws {TypeError} Naming the option, its value and the fix.
 */
export function dispatchMiddleware(options: DispatchMiddlewareOptions = {}): DispatchMiddleware {
  const { start = 'auto', ...mountOptions } = options
  const mount = mountDispatch(mountOptions)
  const life = createServerLife(mount, { start, logger: options.logger })

  const middleware = (
    request: RoutedRequest,
    response: ServerResponse & { dispatched?: Dispatched },
    next: (error?: unknown) => void,
  ): void => {
    life.start()
    mount.watch(response)
    const { baseUrl = '' } = request
    const write = (answer: Promise<Reply>) =>
      answer.then((reply) => writeNodeResponse(response, reply)).catch(request.next ?? next)
    request.dispatch = mount.dispatchCall
    response.dispatched = (handle) => write(mount.dispatchedReply(handle, request, response, baseUrl))
    if (mount.isRun(request)) {
      void handleNode(mount.dispatch, request, response)
      return
    }
    const id = mount.callIdOf(request)
    if (id === undefined) next()
    else void write(mount.callReply(id, request, response))
  }
  return Object.assign(middleware, { dispatch: mount.dispatch, attach: life.attach, close: life.close })
}

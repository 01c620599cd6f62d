import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dispatch } from '@dispatch/core'
import type { DispatchCall, Dispatched, MountOptions, OptionNames, ServerLife } from '@dispatch/core/adapter'
import { checkMountOptions, createServerLife, mountDispatch } from '@dispatch/core/adapter'

/** Options of {@link dispatchMiddleware}: those of `new Dispatch`, and these. */
export interface DispatchMiddlewareOptions extends MountOptions {
  /**
   * When an embedded scheduler begins to run calls. `auto`: when the attached server listens; without one when
   * any server of the process listens, or at the first request. `manual`: at `middleware.dispatch.start()`. Default `auto`.
   */
  readonly start?: 'auto' | 'manual' | undefined
}

const MIDDLEWARE_OPTIONS = {
  start: ['autoStart'],
} as const satisfies OptionNames<Omit<DispatchMiddlewareOptions, keyof MountOptions>>

/** Middleware for Express 4 and 5, and frameworks with the same interface, such as Connect. */
export interface DispatchMiddleware {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void
  readonly dispatch: Dispatch
  /**
   * Starts when the server listens, and drains when it is closed: `server.close(callback)` then waits for runs in progress
   * and closes the store. Returns the server.
   */
  readonly attach: ServerLife['attach']
  /** Stops running calls, waits for runs in progress, and closes the store. For servers that are not attached. */
  readonly close: ServerLife['close']
}

declare global {
  namespace Express {
    interface Request {
      /** Dispatches a call and resolves, once it is recorded, with its handle. */
      dispatch: DispatchCall
    }
    interface Response {
      /**
       * Responds with 202 and the `location` of the call; with `?wait=5s`, waits up to 5 s and responds with 200 and the result. Never
       * rejects: an error, including that of a rejected promise of the handle, goes to the error handler of the application.
       */
      dispatched: Dispatched
    }
  }
}

/** The properties that routers add to a request. */
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
  const mountOptions = checkMountOptions(options, 'dispatchMiddleware(options)', MIDDLEWARE_OPTIONS)
  const { start = 'auto' } = options
  const mount = mountDispatch(mountOptions)
  const life = createServerLife(mount, { start, logger: options.logger })

  const middleware = (
    request: RoutedRequest,
    response: ServerResponse & { dispatched?: Dispatched },
    next: (error?: unknown) => void,
  ): void => {
    life.start()
    const exchange = mount.exchange(request, response)
    const { baseUrl = '' } = request
    request.dispatch = mount.dispatchCall
    response.dispatched = (handle) =>
      exchange.respond(exchange.dispatchedReply(handle, baseUrl), request.next ?? next)
    if (!exchange.serve(next)) next()
  }
  return Object.assign(middleware, { dispatch: mount.dispatch, attach: life.attach, close: life.close })
}

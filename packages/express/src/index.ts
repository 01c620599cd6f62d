export {
  type DispatchMiddleware,
  type DispatchMiddlewareOptions,
  dispatchMiddleware,
} from './dispatch-middleware.js'

// What adapters to frameworks, and servers of one's own, import.

export type { UnaryResponse } from '@dispatch/protocol/connect'
export {
  type EndpointHead,
  type EndpointRequest,
  type EndpointResponse,
  RUN_PATH,
} from '../endpoint/endpoint.js'
export type { BodyPlace } from '../endpoint/run-capacity.js'
export { type RequestWithBody, readNodeBody } from '../server/node-body.js'
export { handleNode, type ServedDispatch, writeNodeResponse } from '../server/node-listener.js'
export {
  CALLS_PATH_DEFAULT,
  callReply,
  type DispatchWithCalls,
  dispatchedReply,
  type Reply,
  type ReplyOptions,
} from './dispatched.js'
export {
  type DispatchCall,
  type Dispatched,
  type Mount,
  type MountOptions,
  type MountRequest,
  mountDispatch,
} from './mount.js'
export { createServerLife, type ServerLife, type ServerLifeOptions } from './server-life.js'

// What adapters to frameworks, and servers of one's own, import.

export type { UnaryResponse } from '@dispatch/protocol/connect'
export { RUN_PATH } from '@dispatch/protocol/messages'
export { checkOptions, type OptionNames } from '@dispatch/protocol/text'
export { checkChoice } from '../checks/option-checks.js'
export type { EndpointHead, EndpointRequest, EndpointResponse } from '../endpoint/endpoint.js'
export type { BodyReservation } from '../endpoint/run-capacity.js'
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
export type { Exchange, MountRequest } from './exchange.js'
export {
  type DispatchCall,
  type Dispatched,
  type Mount,
  mountDispatch,
} from './mount.js'
export { checkMountOptions, type MountOptions } from './mount-options.js'
export { createServerLife, type ServerLife, type ServerLifeOptions } from './server-life.js'

export {
  type Any,
  type Call,
  DispatchError,
  type DispatchErrorOptions,
  DnsError,
  Duration,
  duration,
  encodePythonArguments,
  type FailureStatus,
  type FunctionStats,
  float,
  HttpError,
  type HttpRequest,
  type HttpRequestValue,
  type HttpResponse,
  type HttpResponseValue,
  httpRequestValue,
  httpResponseValue,
  IncompatibleStateError,
  InvalidArgumentError,
  InvalidResponseError,
  int,
  isRetryable,
  type Logger,
  NotFoundError,
  PermanentError,
  PermissionDeniedError,
  parseHttpRequestValue,
  parseHttpResponseValue,
  STATUSES,
  type Status,
  TcpError,
  TemporaryError,
  ThrottledError,
  TimeoutError,
  TlsError,
  type UnaryResponse,
  UnauthenticatedError,
  uint,
} from '@dispatch/protocol'
export {
  CALLS_PATH_DEFAULT,
  callReply,
  type DispatchWithCalls,
  dispatchedReply,
  type Reply,
  type ReplyOptions,
} from './adapter/dispatched.js'
export {
  type DispatchCall,
  type Dispatched,
  type Mount,
  type MountOptions,
  type MountRequest,
  mountDispatch,
} from './adapter/mount.js'
export { createServerLife, type ServerLife, type ServerLifeOptions } from './adapter/server-life.js'
export type { CallHandle, CallStateName, CallStatus, ResultOptions } from './calls/call-handle.js'
export type { DispatchOptions, SchedulerOption } from './config/dispatch-options.js'
export type { CallContext } from './coroutine/definition/call-context.js'
export type { TailCall } from './coroutine/definition/tail-call.js'
export { Dispatch } from './dispatch/dispatch.js'
export {
  type EndpointHead,
  type EndpointRequest,
  type EndpointResponse,
  RUN_PATH,
} from './endpoint/endpoint.js'
export type { BodyPlace } from './endpoint/run-room.js'
export type { Class, Rule } from './errors/class-rules.js'
export { type ErrorType, errorType, type OutputType, outputType } from './errors/classify.js'
export type { CallOptions, DispatchedCallOptions } from './functions/call-options.js'
export {
  type AnyDispatchFunction,
  type DispatchFunction,
  type FunctionOptions,
  func,
  type HandlerResult,
} from './functions/func.js'
export { rawValue, type Schema, type TypeBoxSchema } from './functions/schema/schema.js'
export type { StandardIssue, StandardResult, StandardSchema } from './functions/schema/standard-schema.js'
export type { ListenOptions, Server } from './server/listen.js'
export { type RequestWithBody, readNodeBody } from './server/node-body.js'
export { handleNode, type ServedDispatch, writeNodeResponse } from './server/node-listener.js'

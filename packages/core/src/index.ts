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
export type { CallContext } from './call-context.js'
export type { CallHandle, CallStateName, CallStatus, ResultOptions } from './call-handle.js'
export type { CallOptions, DispatchedCallOptions } from './call-options.js'
export type { Class, Rule } from './class-rules.js'
export { type ErrorType, errorType, type OutputType, outputType } from './classify.js'
export { Dispatch } from './dispatch.js'
export type { DispatchOptions, SchedulerOption } from './dispatch-options.js'
export {
  CALLS_PATH_DEFAULT,
  callReply,
  type DispatchWithCalls,
  dispatchedReply,
  type Reply,
  type ReplyOptions,
} from './dispatched.js'
export { type EndpointHead, type EndpointRequest, type EndpointResponse, RUN_PATH } from './endpoint.js'
export {
  type AnyDispatchFunction,
  type DispatchFunction,
  type FunctionOptions,
  func,
  type HandlerResult,
} from './func.js'
export type { ListenOptions, Server } from './listen.js'
export {
  type DispatchCall,
  type Dispatched,
  type Mount,
  type MountOptions,
  type MountRequest,
  mountDispatch,
} from './mount.js'
export { type RequestWithBody, readNodeBody } from './node-body.js'
export { handleNode, type ServedDispatch, writeNodeResponse } from './node-listener.js'
export type { BodyPlace } from './run-room.js'
export { rawValue, type Schema, type TypeBoxSchema } from './schema.js'
export { createServerLife, type ServerLife, type ServerLifeOptions } from './server-life.js'
export type { StandardIssue, StandardResult, StandardSchema } from './standard-schema.js'
export type { TailCall } from './tail-call.js'

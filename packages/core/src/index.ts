// What applications import. Adapters to frameworks find more in `@dispatch/core/adapter`.

export type { CallHandle, CallStateName, CallStatus, ResultOptions } from './calls/call-handle.js'
export type { DispatchOptions, SchedulerOption } from './config/dispatch-options.js'
export type { TailCall } from './coroutine/definition/tail-call.js'
export { Dispatch } from './dispatch/dispatch.js'
export type { Class, Rule } from './errors/class-rules.js'
export { type ErrorType, errorType, type OutputType, outputType } from './errors/classify.js'
export type { BuiltCall } from './functions/built-call.js'
export type { CallContext } from './functions/call-context.js'
export type { CallOptions, DispatchedCallOptions } from './functions/call-options.js'
export type { AnyDispatchFunction, DispatchFunction, OptionalInput } from './functions/dispatch-function.js'
export { func } from './functions/func.js'
export type { FunctionOptions } from './functions/function-options.js'
export type { Handler, HandlerResult } from './functions/handler.js'
export type { NotCarried, Received, ReceivedObject } from './functions/received.js'
export { rawValue, type Schema, type TypeBoxSchema } from './functions/schema/schema.js'
export type { StandardIssue, StandardResult, StandardSchema } from './functions/schema/standard-schema.js'
export type { ListenOptions, Server } from './server/listen.js'

// Of the protocol: errors and statuses, messages, values.

export {
  CanceledError,
  DispatchError,
  type DispatchErrorOptions,
  DnsError,
  type FailureStatus,
  type FunctionStats,
  HttpError,
  IncompatibleStateError,
  InvalidArgumentError,
  InvalidResponseError,
  isRetryable,
  type Logger,
  NotFoundError,
  PermanentError,
  PermissionDeniedError,
  STATUSES,
  type Status,
  TcpError,
  TemporaryError,
  ThrottledError,
  TimeoutError,
  TlsError,
  UnauthenticatedError,
} from '@dispatch/protocol'
export type { Any, Call } from '@dispatch/protocol/messages'
export {
  Duration,
  duration,
  encodePythonArguments,
  float,
  type HttpRequest,
  type HttpRequestValue,
  type HttpResponse,
  type HttpResponseValue,
  httpRequestValue,
  httpResponseValue,
  int,
  parseHttpRequestValue,
  parseHttpResponseValue,
  uint,
} from '@dispatch/protocol/values'

/*
 * The vocabulary of all packages. The other parts of the protocol have entry points of their own, one for each folder:
 * `/messages`, `/values`, `/connect`, `/signature`, `/bounds` and `/text`.
 */

// How a run can end, and the errors that say so.

export {
  DispatchError,
  type DispatchErrorOptions,
  type FromResponseOptions,
  type HttpResponseLike,
  isRetryable,
} from './statuses/dispatch-error.js'
export {
  CanceledError,
  createEndOfCall,
  type EndOfCallReason,
  isEndOfCall,
  isEndOfCallReason,
  reasonOfEnd,
} from './statuses/end-of-call.js'
export { retryAfterMsOf, retryAfterMsOfHeaders, statusOfHttp } from './statuses/http-status.js'
export {
  DnsError,
  ERRORS,
  HttpError,
  IncompatibleStateError,
  InvalidArgumentError,
  InvalidResponseError,
  type NamedErrorConstructor,
  NotFoundError,
  PermanentError,
  PermissionDeniedError,
  TcpError,
  TemporaryError,
  ThrottledError,
  TimeoutError,
  TlsError,
  UnauthenticatedError,
} from './statuses/named-errors.js'
export {
  codeOfStatus,
  type FailureStatus,
  isStatus,
  STATUSES,
  type Status,
  type StatusRow,
  statusOfCode,
} from './statuses/statuses.js'
export { statusOfSystemCode } from './statuses/system-code.js'

// Work that belongs to no caller.

export { inOwnContext } from './context/own-context.js'

// The interfaces by which applications, schedulers and endpoints meet.

export { Deferred } from './ports/deferred.js'
export { linkAbort } from './ports/link-abort.js'
export { RunAborter } from './ports/run-abort.js'
export {
  EMBEDDED_ENDPOINT_URL,
  type EmbeddedScheduler,
  type EmbeddedSchedulerModule,
  type EmbeddedSchedulerOptions,
  type Endpoint,
  type FunctionStats,
  type Logger,
  type RunOutcome,
  type RunSignal,
  type Scheduler,
} from './ports/scheduler.js'

export {
  BATCH_RUNS_MAX,
  decodeRunBatchRequest,
  decodeRunBatchResponse,
  type EncodedRunBatch,
  encodeRunBatchRequest,
  encodeRunBatchResponse,
  fromBatchError,
  toBatchError,
} from './batch.js'
export { bytesOfCall, bytesOfCalls } from './call-bytes.js'
export {
  CONNECT_CODES,
  type ConnectCode,
  type ConnectCodeRow,
  connectCodeOfHttp,
  connectCodeOfStatus,
  isConnectCode,
} from './connect-code.js'
export {
  DispatchError,
  type DispatchErrorOptions,
  type FromResponseOptions,
  type HttpResponseLike,
  isRetryable,
} from './dispatch-error.js'
export { parseDuration } from './duration.js'
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
} from './errors.js'
export { type BatchError, BatchErrorSchema } from './gen/dispatch/api/v1/batch_error_pb.js'
export {
  type CallInfo,
  CallInfoSchema,
  CallService,
  CallState,
  CancelRequestSchema,
  CancelResponseSchema,
  GetRequestSchema,
  GetResponseSchema,
  WaitBatchRequestSchema,
  type WaitBatchResponse,
  WaitBatchResponseSchema,
  WaitRequestSchema,
  WaitResponseSchema,
} from './gen/dispatch/api/v1/call_pb.js'
export {
  type RunAbort,
  type RunBatchRequest,
  RunBatchRequestSchema,
  type RunBatchResponse,
  RunBatchResponseSchema,
} from './gen/dispatch/api/v1/run_batch_pb.js'
export {
  type CoroutineState,
  CoroutineStateSchema,
  type RunEntry,
  RunEntrySchema,
  type Step,
  StepSchema,
} from './gen/dispatch/sdk/node/v1/coroutine_pb.js'
export { type JsValue, JsValueSchema } from './gen/dispatch/sdk/node/v1/value_pb.js'
export { PickledSchema } from './gen/dispatch/sdk/python/v1/pickled_pb.js'
export { type Call, type CallResult, CallResultSchema, CallSchema } from './gen/dispatch/sdk/v1/call_pb.js'
export {
  DispatchRequestSchema,
  DispatchResponseSchema,
  DispatchService,
} from './gen/dispatch/sdk/v1/dispatch_pb.js'
export { type Error as WireError, ErrorSchema as WireErrorSchema } from './gen/dispatch/sdk/v1/error_pb.js'
export { type Exit, ExitSchema } from './gen/dispatch/sdk/v1/exit_pb.js'
export {
  FunctionService,
  type Journal,
  type JournalEntry,
  JournalEntrySchema,
  JournalSchema,
  type RunRequest,
  RunRequestSchema,
  type RunResponse,
  RunResponseSchema,
} from './gen/dispatch/sdk/v1/function_pb.js'
export { type Poll, type PollResult, PollResultSchema, PollSchema } from './gen/dispatch/sdk/v1/poll_pb.js'
export { retryAfterMsOf, retryAfterMsOfHeaders, statusOfHttp } from './http-status.js'
export {
  BODY_BYTES_MAX,
  FUNCTION_NAME_PATTERN,
  NAME_LENGTH_MAX,
  POLL_RESULTS_MAX,
  POLL_WAIT_MS_DEFAULT,
  POLL_WAIT_MS_MIN,
  UNACKNOWLEDGED_BYTES_MAX,
  UNACKNOWLEDGED_CALLS_MAX,
  VALUE_DEPTH_MAX,
} from './limits.js'
export {
  createMessageStream,
  envelopeOf,
  MESSAGE_STREAM_TYPE,
  type MessageStream,
  MessageStreamReader,
  messageOf,
} from './message-stream.js'
export { Rate } from './rate.js'
export { type Place, Room, type RoomLimits } from './room.js'
export { RunAborter } from './run-aborter.js'
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
} from './scheduler.js'
export type { VerificationFailure } from './signature/failure.js'
export {
  formatSigningKey,
  formatVerificationKey,
  generateKeyPair,
  type KeyInput,
  type KeyPair,
  parseSigningKey,
  parseVerificationKeys,
} from './signature/keys.js'
export { type SignableRequest, type SignatureHeaders, signRequest } from './signature/sign.js'
export { type VerifiableRequest, verifyRequest } from './signature/verify.js'
export {
  codeOfStatus,
  type FailureStatus,
  isStatus,
  STATUSES,
  type Status,
  type StatusRow,
  statusOfCode,
} from './statuses.js'
export { statusOfSystemCode } from './system-code.js'
export { TYPE_REGISTRY } from './type-registry.js'
export {
  bytesResponse,
  checkHead,
  connectTimeoutMsOf,
  errorResponse,
  type HeadLimits,
  headerOf,
  type StreamedResponse,
  tooLargeResponse,
  type UnaryHeaders,
  type UnaryRequest,
  type UnaryResponse,
} from './unary.js'
export {
  type ParseUnaryOptions,
  parseUnaryResponse,
  type UnaryHeadersOptions,
  unaryHeaders,
} from './unary-client.js'
export { UnaryError, type UnaryErrorOptions } from './unary-error.js'
export { type Failure, failureOf } from './unary-failure.js'
export { type ServeUnaryOptions, serveStream, serveUnary } from './unary-server.js'
export { decodeValue } from './values/decode-value.js'
export { type EncodeValueOptions, encodeValue } from './values/encode-value.js'
export {
  type HttpRequest,
  type HttpRequestValue,
  type HttpResponse,
  type HttpResponseValue,
  httpRequestValue,
  httpResponseValue,
  isHttpResponseValue,
  parseHttpRequestValue,
  parseHttpResponseValue,
} from './values/http-values.js'
export { encodePythonArguments } from './values/pickle-encode.js'
export { argumentsOf, PickledArguments, PickledObject } from './values/pickled-object.js'
export { Duration, duration, float, int, type NumberKind, TypedNumber, uint } from './values/typed-values.js'
export {
  decodeAny,
  decodeCallResult,
  encodeAny,
  encodeCallResult,
  encodeRunRequest,
  encodeRunResponse,
} from './wire.js'
export { type FromWireErrorOptions, fromWireError, toWireError, wireErrorOfStatus } from './wire-error.js'

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
} from './bounds/limits.js'
export { Rate } from './bounds/rate.js'
export { type Place, Room, type RoomLimits } from './bounds/room.js'
export {
  BATCH_RUNS_MAX,
  decodeRunBatchRequest,
  decodeRunBatchResponse,
  type EncodedRunBatch,
  encodeRunBatchRequest,
  encodeRunBatchResponse,
  fromBatchError,
  toBatchError,
} from './connect/batch.js'
export {
  CONNECT_CODES,
  type ConnectCode,
  type ConnectCodeRow,
  connectCodeOfHttp,
  connectCodeOfStatus,
  isConnectCode,
} from './connect/connect-code.js'
export {
  createMessageStream,
  envelopeOf,
  MESSAGE_STREAM_TYPE,
  type MessageStream,
  MessageStreamReader,
  messageOf,
} from './connect/message-stream.js'
export { type ReadBodyOptions, readBody, unreadResponse } from './connect/read-body.js'
export {
  bytesResponse,
  checkHead,
  connectTimeoutMsOf,
  errorResponse,
  type HeadLimits,
  headerOf,
  inflatedBytesMax,
  type StreamedResponse,
  tooLargeError,
  tooLargeResponse,
  type UnaryHeaders,
  type UnaryRequest,
  type UnaryResponse,
} from './connect/unary.js'
export {
  type ParseUnaryOptions,
  parseUnaryResponse,
  type UnaryHeadersOptions,
  unaryHeaders,
} from './connect/unary-client.js'
export { UnaryError, type UnaryErrorOptions } from './connect/unary-error.js'
export { type Failure, failureOf } from './connect/unary-failure.js'
export { type ServeUnaryOptions, serveStream, serveUnary } from './connect/unary-server.js'
export { whenGone } from './connect/when-gone.js'
export { bytesOfCall, bytesOfCalls } from './messages/call-bytes.js'
export {
  type BatchError,
  BatchErrorSchema,
  type CallInfo,
  CallInfoSchema,
  CallState,
  CancelRequestSchema,
  CancelResponseSchema,
  GetRequestSchema,
  GetResponseSchema,
  type RunAbort,
  type RunBatchRequest,
  RunBatchRequestSchema,
  type RunBatchResponse,
  RunBatchResponseSchema,
  WaitBatchRequestSchema,
  type WaitBatchResponse,
  WaitBatchResponseSchema,
  WaitRequestSchema,
  WaitResponseSchema,
} from './messages/gen/dispatch-api-v1.js'
export {
  type CoroutineState,
  CoroutineStateSchema,
  type JsValue,
  JsValueSchema,
  type RunEntry,
  RunEntrySchema,
  type Step,
  StepSchema,
} from './messages/gen/dispatch-sdk-node-v1.js'
export { PickledSchema } from './messages/gen/dispatch-sdk-python-v1.js'
export {
  type Call,
  type CallResult,
  CallResultSchema,
  CallSchema,
  DispatchRequestSchema,
  DispatchResponseSchema,
  type Exit,
  ExitSchema,
  type Journal,
  type JournalEntry,
  JournalEntrySchema,
  JournalSchema,
  type Poll,
  type PollResult,
  PollResultSchema,
  PollSchema,
  type RunRequest,
  RunRequestSchema,
  type RunResponse,
  RunResponseSchema,
  type WireError,
  WireErrorSchema,
} from './messages/gen/dispatch-sdk-v1.js'
export { type Any, AnySchema, type Timestamp, type WireDuration } from './messages/gen/google-protobuf.js'
export { durationFromMs, durationMs, timestampFromMs, timestampMs } from './messages/time.js'
export { TYPE_REGISTRY } from './messages/type-registry.js'
export {
  decodeAny,
  decodeCallResult,
  encodeAny,
  encodeCallResult,
  encodeRunRequest,
  encodeRunResponse,
} from './messages/wire.js'
export {
  type FromWireErrorOptions,
  fromWireError,
  toWireError,
  wireErrorOfStatus,
} from './messages/wire-error.js'
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
export { fromBinary, toBinary } from './proto/binary.js'
export { create, isMessage } from './proto/create.js'
export { fromJson, fromJsonString } from './proto/from-json.js'
export type { Json, JsonOptions } from './proto/json.js'
export type {
  Field,
  Message,
  MessageInit,
  MessageRegistry,
  MessageSchema,
  UnknownField,
} from './proto/message.js'
export { toJson, toJsonString } from './proto/to-json.js'
export { type ProtoWriter, writeProto } from './proto/writer.js'
export type { SignedTarget } from './signature/base.js'
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
  DispatchError,
  type DispatchErrorOptions,
  type FromResponseOptions,
  type HttpResponseLike,
  isRetryable,
} from './statuses/dispatch-error.js'
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
export { checkInteger } from './text/check-integer.js'
export { describeValue, formatPathKey } from './text/describe-value.js'
export { parseDuration } from './text/duration.js'
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
export {
  Duration,
  duration,
  float,
  int,
  type NumberKind,
  TypedNumber,
  uint,
} from './values/kinds/typed-values.js'
export { encodePythonArguments } from './values/pickle/encode-pickle.js'
export { argumentsOf, PickledArguments, PickledObject } from './values/pickle/pickled-object.js'

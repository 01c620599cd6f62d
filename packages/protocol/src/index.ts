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
export { checkInteger } from './check-integer.js'
export {
  CONNECT_CODES,
  type ConnectCode,
  type ConnectCodeRow,
  connectCodeOfHttp,
  connectCodeOfStatus,
  isConnectCode,
} from './connect-code.js'
export { describeValue, formatPathKey } from './describe-value.js'
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
} from './gen/dispatch-api-v1.js'
export {
  type CoroutineState,
  CoroutineStateSchema,
  type JsValue,
  JsValueSchema,
  type RunEntry,
  RunEntrySchema,
  type Step,
  StepSchema,
} from './gen/dispatch-sdk-node-v1.js'
export { PickledSchema } from './gen/dispatch-sdk-python-v1.js'
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
} from './gen/dispatch-sdk-v1.js'
export { type Any, AnySchema, type Timestamp, type WireDuration } from './gen/google-protobuf.js'
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
export { durationFromMs, durationMs, timestampFromMs, timestampMs } from './proto/time.js'
export { toJson, toJsonString } from './proto/to-json.js'
export { type ProtoWriter, writeProto } from './proto/writer.js'
export { Rate } from './rate.js'
export { type ReadBodyOptions, readBody, unreadResponse } from './read-body.js'
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
  inflatedBytesMax,
  type StreamedResponse,
  tooLargeError,
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
export { whenGone } from './when-gone.js'
export {
  decodeAny,
  decodeCallResult,
  encodeAny,
  encodeCallResult,
  encodeRunRequest,
  encodeRunResponse,
} from './wire.js'
export { type FromWireErrorOptions, fromWireError, toWireError, wireErrorOfStatus } from './wire-error.js'

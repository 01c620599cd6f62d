// The messages, and their helpers.

export { bytesOfCall, bytesOfCalls } from './call-bytes.js'
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
export {
  CANCEL_PATH,
  DISPATCH_PATH,
  GET_PATH,
  RUN_PATH,
  WAIT_BATCH_PATH,
  WAIT_PATH,
} from './paths.js'
export { durationFromMs, durationMs, timestampFromMs, timestampMs } from './time.js'
export { TYPE_REGISTRY } from './type-registry.js'
export {
  decodeAny,
  decodeCallResult,
  encodeAny,
  encodeCallResult,
  encodeRunRequest,
  encodeRunResponse,
} from './wire.js'
export {
  type FromWireErrorOptions,
  fromWireError,
  toWireError,
  wireErrorOfStatus,
} from './wire-error.js'

// The codec: any message as bytes and as JSON.

export { fromBinary, toBinary } from '../proto/binary.js'
export { create, isMessage } from '../proto/create.js'
export { fromJson, fromJsonString } from '../proto/from-json.js'
export type { Json, JsonOptions } from '../proto/json.js'
export type {
  Field,
  Message,
  MessageInit,
  MessageRegistry,
  MessageSchema,
  UnknownField,
} from '../proto/message.js'
export { toJson, toJsonString } from '../proto/to-json.js'
export { type ProtoWriter, writeProto } from '../proto/writer.js'

// Generated from the .proto files of dispatch.api.v1 by generate/main.mjs. Do not edit: pnpm generate.

import type { Message, MessageSchema } from '../../proto/message.js'
import {
  putString,
  writeBool,
  writeInt32,
  writeMessage,
  writeString,
  writeUint32,
  writeUnknown,
} from '../../proto/write-fields.js'
import {
  type CallResult,
  CallResultSchema,
  type RunRequest,
  RunRequestSchema,
  type RunResponse,
  RunResponseSchema,
  STATUS_NAMES,
} from './dispatch-sdk-v1.js'
import { type Timestamp, TimestampSchema, type WireDuration, WireDurationSchema } from './google-protobuf.js'

export const CallState = {
  UNSPECIFIED: 0,
  /** Due later: a delay, or back-off after a failure. */
  SCHEDULED: 1,
  /** Due, and waiting for a slot. */
  PENDING: 2,
  RUNNING: 3,
  /** Waiting for results or for time to pass. */
  SUSPENDED: 4,
  /** Has a status. */
  DONE: 5,
} as const

/** The names of the numbers in JSON. */
export const CALL_STATE_NAMES: Readonly<Record<number, string>> = {
  0: 'CALL_STATE_UNSPECIFIED',
  1: 'CALL_STATE_SCHEDULED',
  2: 'CALL_STATE_PENDING',
  3: 'CALL_STATE_RUNNING',
  4: 'CALL_STATE_SUSPENDED',
  5: 'CALL_STATE_DONE',
}

/** The failure of one member of a batch: the answer that a separate request would have received. */
export interface BatchError extends Message<'dispatch.api.v1.BatchError'> {
  /** A code of the Connect protocol, such as not_found. */
  code: string
  message: string
  retryAfter?: WireDuration | undefined
}

export const BatchErrorSchema: MessageSchema<BatchError> = {
  typeName: 'dispatch.api.v1.BatchError',
  fields: [
    { no: 1, name: 'code', key: 'code', kind: 'string' },
    { no: 2, name: 'message', key: 'message', kind: 'string' },
    { no: 3, name: 'retry_after', key: 'retryAfter', kind: 'message', type: () => WireDurationSchema },
  ],
  empty: () => ({ $typeName: 'dispatch.api.v1.BatchError', code: '', message: '' }),
  write(writer, message) {
    writeString(writer, 0x0a, message.code)
    writeString(writer, 0x12, message.message)
    writeMessage(writer, 0x1a, WireDurationSchema, message.retryAfter)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.code = reader.string()
          break
        case 0x12:
          message.message = reader.string()
          break
        case 0x1a:
          message.retryAfter = reader.message(WireDurationSchema, message.retryAfter)
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface CallInfo extends Message<'dispatch.api.v1.CallInfo'> {
  dispatchId: string
  parentDispatchId: string
  rootDispatchId: string
  endpoint: string
  function: string
  state: number
  /** Status of the call; until it is done, that of its last attempt. */
  status: number
  /** Set when the call is done. */
  result?: CallResult | undefined
  attempt: number
  creationTime?: Timestamp | undefined
  expirationTime?: Timestamp | undefined
  dueTime?: Timestamp | undefined
  finishTime?: Timestamp | undefined
}

export const CallInfoSchema: MessageSchema<CallInfo> = {
  typeName: 'dispatch.api.v1.CallInfo',
  fields: [
    { no: 1, name: 'dispatch_id', key: 'dispatchId', kind: 'string' },
    { no: 2, name: 'parent_dispatch_id', key: 'parentDispatchId', kind: 'string' },
    { no: 3, name: 'root_dispatch_id', key: 'rootDispatchId', kind: 'string' },
    { no: 4, name: 'endpoint', key: 'endpoint', kind: 'string' },
    { no: 5, name: 'function', key: 'function', kind: 'string' },
    { no: 6, name: 'state', key: 'state', kind: 'enum', names: CALL_STATE_NAMES },
    { no: 7, name: 'status', key: 'status', kind: 'enum', names: STATUS_NAMES },
    { no: 8, name: 'result', key: 'result', kind: 'message', type: () => CallResultSchema },
    { no: 9, name: 'attempt', key: 'attempt', kind: 'uint32' },
    { no: 10, name: 'creation_time', key: 'creationTime', kind: 'message', type: () => TimestampSchema },
    { no: 11, name: 'expiration_time', key: 'expirationTime', kind: 'message', type: () => TimestampSchema },
    { no: 12, name: 'due_time', key: 'dueTime', kind: 'message', type: () => TimestampSchema },
    { no: 13, name: 'finish_time', key: 'finishTime', kind: 'message', type: () => TimestampSchema },
  ],
  empty: () => ({
    $typeName: 'dispatch.api.v1.CallInfo',
    dispatchId: '',
    parentDispatchId: '',
    rootDispatchId: '',
    endpoint: '',
    function: '',
    state: 0,
    status: 0,
    attempt: 0,
  }),
  write(writer, message) {
    writeString(writer, 0x0a, message.dispatchId)
    writeString(writer, 0x12, message.parentDispatchId)
    writeString(writer, 0x1a, message.rootDispatchId)
    writeString(writer, 0x22, message.endpoint)
    writeString(writer, 0x2a, message.function)
    writeInt32(writer, 0x30, message.state)
    writeInt32(writer, 0x38, message.status)
    writeMessage(writer, 0x42, CallResultSchema, message.result)
    writeUint32(writer, 0x48, message.attempt)
    writeMessage(writer, 0x52, TimestampSchema, message.creationTime)
    writeMessage(writer, 0x5a, TimestampSchema, message.expirationTime)
    writeMessage(writer, 0x62, TimestampSchema, message.dueTime)
    writeMessage(writer, 0x6a, TimestampSchema, message.finishTime)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.dispatchId = reader.string()
          break
        case 0x12:
          message.parentDispatchId = reader.string()
          break
        case 0x1a:
          message.rootDispatchId = reader.string()
          break
        case 0x22:
          message.endpoint = reader.string()
          break
        case 0x2a:
          message.function = reader.string()
          break
        case 0x30:
          message.state = reader.int32()
          break
        case 0x38:
          message.status = reader.int32()
          break
        case 0x42:
          message.result = reader.message(CallResultSchema, message.result)
          break
        case 0x48:
          message.attempt = reader.uint32()
          break
        case 0x52:
          message.creationTime = reader.message(TimestampSchema, message.creationTime)
          break
        case 0x5a:
          message.expirationTime = reader.message(TimestampSchema, message.expirationTime)
          break
        case 0x62:
          message.dueTime = reader.message(TimestampSchema, message.dueTime)
          break
        case 0x6a:
          message.finishTime = reader.message(TimestampSchema, message.finishTime)
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface GetRequest extends Message<'dispatch.api.v1.GetRequest'> {
  dispatchId: string
}

export const GetRequestSchema: MessageSchema<GetRequest> = {
  typeName: 'dispatch.api.v1.GetRequest',
  fields: [{ no: 1, name: 'dispatch_id', key: 'dispatchId', kind: 'string' }],
  empty: () => ({ $typeName: 'dispatch.api.v1.GetRequest', dispatchId: '' }),
  write(writer, message) {
    writeString(writer, 0x0a, message.dispatchId)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.dispatchId = reader.string()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface GetResponse extends Message<'dispatch.api.v1.GetResponse'> {
  call?: CallInfo | undefined
}

export const GetResponseSchema: MessageSchema<GetResponse> = {
  typeName: 'dispatch.api.v1.GetResponse',
  fields: [{ no: 1, name: 'call', key: 'call', kind: 'message', type: () => CallInfoSchema }],
  empty: () => ({ $typeName: 'dispatch.api.v1.GetResponse' }),
  write(writer, message) {
    writeMessage(writer, 0x0a, CallInfoSchema, message.call)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.call = reader.message(CallInfoSchema, message.call)
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface WaitRequest extends Message<'dispatch.api.v1.WaitRequest'> {
  dispatchId: string
  /** Longest time to wait; a scheduler may answer earlier. 0: answer immediately. */
  timeout?: WireDuration | undefined
}

export const WaitRequestSchema: MessageSchema<WaitRequest> = {
  typeName: 'dispatch.api.v1.WaitRequest',
  fields: [
    { no: 1, name: 'dispatch_id', key: 'dispatchId', kind: 'string' },
    { no: 2, name: 'timeout', key: 'timeout', kind: 'message', type: () => WireDurationSchema },
  ],
  empty: () => ({ $typeName: 'dispatch.api.v1.WaitRequest', dispatchId: '' }),
  write(writer, message) {
    writeString(writer, 0x0a, message.dispatchId)
    writeMessage(writer, 0x12, WireDurationSchema, message.timeout)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.dispatchId = reader.string()
          break
        case 0x12:
          message.timeout = reader.message(WireDurationSchema, message.timeout)
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface WaitResponse extends Message<'dispatch.api.v1.WaitResponse'> {
  call?: CallInfo | undefined
}

export const WaitResponseSchema: MessageSchema<WaitResponse> = {
  typeName: 'dispatch.api.v1.WaitResponse',
  fields: [{ no: 1, name: 'call', key: 'call', kind: 'message', type: () => CallInfoSchema }],
  empty: () => ({ $typeName: 'dispatch.api.v1.WaitResponse' }),
  write(writer, message) {
    writeMessage(writer, 0x0a, CallInfoSchema, message.call)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.call = reader.message(CallInfoSchema, message.call)
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface WaitBatchRequest extends Message<'dispatch.api.v1.WaitBatchRequest'> {
  /** At most 1,000. */
  dispatchIds: string[]
  /** Longest time to wait; a scheduler may answer earlier. */
  timeout?: WireDuration | undefined
}

export const WaitBatchRequestSchema: MessageSchema<WaitBatchRequest> = {
  typeName: 'dispatch.api.v1.WaitBatchRequest',
  fields: [
    { no: 1, name: 'dispatch_ids', key: 'dispatchIds', kind: 'string', shape: 'list' },
    { no: 2, name: 'timeout', key: 'timeout', kind: 'message', type: () => WireDurationSchema },
  ],
  empty: () => ({ $typeName: 'dispatch.api.v1.WaitBatchRequest', dispatchIds: [] }),
  write(writer, message) {
    for (const item of message.dispatchIds) putString(writer, 0x0a, item)
    writeMessage(writer, 0x12, WireDurationSchema, message.timeout)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.dispatchIds.push(reader.string())
          break
        case 0x12:
          message.timeout = reader.message(WireDurationSchema, message.timeout)
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface WaitBatchResponse extends Message<'dispatch.api.v1.WaitBatchResponse'> {
  /** Index of the id, from 0. */
  index: number
  result:
    | { case: 'call'; value: CallInfo }
    | { case: 'error'; value: BatchError }
    | { case: undefined; value?: undefined }
}

export const WaitBatchResponseSchema: MessageSchema<WaitBatchResponse> = {
  typeName: 'dispatch.api.v1.WaitBatchResponse',
  fields: [
    { no: 1, name: 'index', key: 'index', kind: 'uint32' },
    { no: 2, name: 'call', key: 'call', kind: 'message', oneof: 'result', type: () => CallInfoSchema },
    { no: 3, name: 'error', key: 'error', kind: 'message', oneof: 'result', type: () => BatchErrorSchema },
  ],
  empty: () => ({ $typeName: 'dispatch.api.v1.WaitBatchResponse', index: 0, result: { case: undefined } }),
  write(writer, message) {
    const { result } = message
    writeUint32(writer, 0x08, message.index)
    if (result.case === 'call') writeMessage(writer, 0x12, CallInfoSchema, result.value)
    if (result.case === 'error') writeMessage(writer, 0x1a, BatchErrorSchema, result.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.index = reader.uint32()
          break
        case 0x12:
          message.result = {
            case: 'call',
            value: reader.message(
              CallInfoSchema,
              message.result.case === 'call' ? message.result.value : undefined,
            ),
          }
          break
        case 0x1a:
          message.result = {
            case: 'error',
            value: reader.message(
              BatchErrorSchema,
              message.result.case === 'error' ? message.result.value : undefined,
            ),
          }
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface CancelRequest extends Message<'dispatch.api.v1.CancelRequest'> {
  dispatchId: string
}

export const CancelRequestSchema: MessageSchema<CancelRequest> = {
  typeName: 'dispatch.api.v1.CancelRequest',
  fields: [{ no: 1, name: 'dispatch_id', key: 'dispatchId', kind: 'string' }],
  empty: () => ({ $typeName: 'dispatch.api.v1.CancelRequest', dispatchId: '' }),
  write(writer, message) {
    writeString(writer, 0x0a, message.dispatchId)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.dispatchId = reader.string()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface CancelResponse extends Message<'dispatch.api.v1.CancelResponse'> {
  /** False when the call was already done. */
  canceled: boolean
  call?: CallInfo | undefined
}

export const CancelResponseSchema: MessageSchema<CancelResponse> = {
  typeName: 'dispatch.api.v1.CancelResponse',
  fields: [
    { no: 1, name: 'canceled', key: 'canceled', kind: 'bool' },
    { no: 2, name: 'call', key: 'call', kind: 'message', type: () => CallInfoSchema },
  ],
  empty: () => ({ $typeName: 'dispatch.api.v1.CancelResponse', canceled: false }),
  write(writer, message) {
    writeBool(writer, 0x08, message.canceled)
    writeMessage(writer, 0x12, CallInfoSchema, message.call)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.canceled = reader.bool()
          break
        case 0x12:
          message.call = reader.message(CallInfoSchema, message.call)
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface RunBatchRequest extends Message<'dispatch.api.v1.RunBatchRequest'> {
  /** Identifies the batch among all batches of all schedulers. */
  batchId: string
  runs: RunRequest[]
  /** Runs of earlier batches to abort. */
  aborts: RunAbort[]
  /** Suspended calls that have been cancelled or have expired: copies of their handlers are to be released. */
  ended: EndedCall[]
}

export const RunBatchRequestSchema: MessageSchema<RunBatchRequest> = {
  typeName: 'dispatch.api.v1.RunBatchRequest',
  fields: [
    { no: 1, name: 'batch_id', key: 'batchId', kind: 'string' },
    { no: 2, name: 'runs', key: 'runs', kind: 'message', shape: 'list', type: () => RunRequestSchema },
    { no: 3, name: 'aborts', key: 'aborts', kind: 'message', shape: 'list', type: () => RunAbortSchema },
    { no: 4, name: 'ended', key: 'ended', kind: 'message', shape: 'list', type: () => EndedCallSchema },
  ],
  empty: () => ({
    $typeName: 'dispatch.api.v1.RunBatchRequest',
    batchId: '',
    runs: [],
    aborts: [],
    ended: [],
  }),
  write(writer, message) {
    writeString(writer, 0x0a, message.batchId)
    for (const item of message.runs) writeMessage(writer, 0x12, RunRequestSchema, item)
    for (const item of message.aborts) writeMessage(writer, 0x1a, RunAbortSchema, item)
    for (const item of message.ended) writeMessage(writer, 0x22, EndedCallSchema, item)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.batchId = reader.string()
          break
        case 0x12:
          message.runs.push(reader.message(RunRequestSchema))
          break
        case 0x1a:
          message.aborts.push(reader.message(RunAbortSchema))
          break
        case 0x22:
          message.ended.push(reader.message(EndedCallSchema))
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface EndedCall extends Message<'dispatch.api.v1.EndedCall'> {
  dispatchId: string
  /** "canceled" or "expired". */
  reason: string
}

export const EndedCallSchema: MessageSchema<EndedCall> = {
  typeName: 'dispatch.api.v1.EndedCall',
  fields: [
    { no: 1, name: 'dispatch_id', key: 'dispatchId', kind: 'string' },
    { no: 2, name: 'reason', key: 'reason', kind: 'string' },
  ],
  empty: () => ({ $typeName: 'dispatch.api.v1.EndedCall', dispatchId: '', reason: '' }),
  write(writer, message) {
    writeString(writer, 0x0a, message.dispatchId)
    writeString(writer, 0x12, message.reason)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.dispatchId = reader.string()
          break
        case 0x12:
          message.reason = reader.string()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface RunAbort extends Message<'dispatch.api.v1.RunAbort'> {
  batchId: string
  index: number
  /** "canceled" or "expired" when the call has ended; otherwise it continues with another run. */
  reason: string
}

export const RunAbortSchema: MessageSchema<RunAbort> = {
  typeName: 'dispatch.api.v1.RunAbort',
  fields: [
    { no: 1, name: 'batch_id', key: 'batchId', kind: 'string' },
    { no: 2, name: 'index', key: 'index', kind: 'uint32' },
    { no: 3, name: 'reason', key: 'reason', kind: 'string' },
  ],
  empty: () => ({ $typeName: 'dispatch.api.v1.RunAbort', batchId: '', index: 0, reason: '' }),
  write(writer, message) {
    writeString(writer, 0x0a, message.batchId)
    writeUint32(writer, 0x10, message.index)
    writeString(writer, 0x1a, message.reason)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.batchId = reader.string()
          break
        case 0x10:
          message.index = reader.uint32()
          break
        case 0x1a:
          message.reason = reader.string()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface RunBatchResponse extends Message<'dispatch.api.v1.RunBatchResponse'> {
  /** Index of the run, from 0. */
  index: number
  result:
    | { case: 'response'; value: RunResponse }
    | { case: 'error'; value: BatchError }
    | { case: undefined; value?: undefined }
}

export const RunBatchResponseSchema: MessageSchema<RunBatchResponse> = {
  typeName: 'dispatch.api.v1.RunBatchResponse',
  fields: [
    { no: 1, name: 'index', key: 'index', kind: 'uint32' },
    {
      no: 2,
      name: 'response',
      key: 'response',
      kind: 'message',
      oneof: 'result',
      type: () => RunResponseSchema,
    },
    { no: 3, name: 'error', key: 'error', kind: 'message', oneof: 'result', type: () => BatchErrorSchema },
  ],
  empty: () => ({ $typeName: 'dispatch.api.v1.RunBatchResponse', index: 0, result: { case: undefined } }),
  write(writer, message) {
    const { result } = message
    writeUint32(writer, 0x08, message.index)
    if (result.case === 'response') writeMessage(writer, 0x12, RunResponseSchema, result.value)
    if (result.case === 'error') writeMessage(writer, 0x1a, BatchErrorSchema, result.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.index = reader.uint32()
          break
        case 0x12:
          message.result = {
            case: 'response',
            value: reader.message(
              RunResponseSchema,
              message.result.case === 'response' ? message.result.value : undefined,
            ),
          }
          break
        case 0x1a:
          message.result = {
            case: 'error',
            value: reader.message(
              BatchErrorSchema,
              message.result.case === 'error' ? message.result.value : undefined,
            ),
          }
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** All schemas of this file. */
export const SCHEMAS: readonly MessageSchema[] = [
  BatchErrorSchema,
  CallInfoSchema,
  GetRequestSchema,
  GetResponseSchema,
  WaitRequestSchema,
  WaitResponseSchema,
  WaitBatchRequestSchema,
  WaitBatchResponseSchema,
  CancelRequestSchema,
  CancelResponseSchema,
  RunBatchRequestSchema,
  EndedCallSchema,
  RunAbortSchema,
  RunBatchResponseSchema,
]

// Generated from the .proto files of dispatch.sdk.v1 by generate/main.mjs. Do not edit: pnpm generate.

import { type Message, type MessageSchema, NO_BYTES } from '../../proto/message.js'
import {
  putBytes,
  putString,
  writeBool,
  writeBytes,
  writeInt32,
  writeMessage,
  writeString,
  writeUint32,
  writeUint64,
  writeUnknown,
} from '../../proto/write-fields.js'
import {
  type Any,
  AnySchema,
  type Timestamp,
  TimestampSchema,
  type WireDuration,
  WireDurationSchema,
} from './google-protobuf.js'

/** How a run ended. The enum is open: a receiver may get unknown numbers. */
export const Status = {
  UNSPECIFIED: 0,
  OK: 1,
  TIMEOUT: 2,
  THROTTLED: 3,
  INVALID_ARGUMENT: 4,
  INVALID_RESPONSE: 5,
  TEMPORARY_ERROR: 6,
  PERMANENT_ERROR: 7,
  INCOMPATIBLE_STATE: 8,
  DNS_ERROR: 9,
  TCP_ERROR: 10,
  TLS_ERROR: 11,
  HTTP_ERROR: 12,
  UNAUTHENTICATED: 13,
  PERMISSION_DENIED: 14,
  NOT_FOUND: 15,
} as const

/** The names of the numbers in JSON. */
export const STATUS_NAMES: Readonly<Record<number, string>> = {
  0: 'STATUS_UNSPECIFIED',
  1: 'STATUS_OK',
  2: 'STATUS_TIMEOUT',
  3: 'STATUS_THROTTLED',
  4: 'STATUS_INVALID_ARGUMENT',
  5: 'STATUS_INVALID_RESPONSE',
  6: 'STATUS_TEMPORARY_ERROR',
  7: 'STATUS_PERMANENT_ERROR',
  8: 'STATUS_INCOMPATIBLE_STATE',
  9: 'STATUS_DNS_ERROR',
  10: 'STATUS_TCP_ERROR',
  11: 'STATUS_TLS_ERROR',
  12: 'STATUS_HTTP_ERROR',
  13: 'STATUS_UNAUTHENTICATED',
  14: 'STATUS_PERMISSION_DENIED',
  15: 'STATUS_NOT_FOUND',
}

/** A failure, in a form that every language can read. Fields from 1000 on are extensions; other SDKs skip them. */
export interface WireError extends Message<'dispatch.sdk.v1.Error'> {
  /** Name of the class of the error; for people, not for programs. */
  type: string
  message: string
  /** The error object in an encoding of the sender's language. This SDK never sends it, because a Python peer unpickles it. */
  value: Uint8Array
  /** Stack trace in the usual form of the sender, UTF-8. */
  traceback: Uint8Array
  /** Further fields of the error object that JSON can carry, as a JSON object: `code`, `constraint`. */
  fields: string
  /** The traceback contains its stack trace too. */
  cause?: WireError | undefined
  /** The errors of an AggregateError. */
  errors: WireError[]
}

export const WireErrorSchema: MessageSchema<WireError> = {
  typeName: 'dispatch.sdk.v1.Error',
  fields: [
    { no: 1, name: 'type', key: 'type', kind: 'string' },
    { no: 2, name: 'message', key: 'message', kind: 'string' },
    { no: 3, name: 'value', key: 'value', kind: 'bytes' },
    { no: 4, name: 'traceback', key: 'traceback', kind: 'bytes' },
    { no: 1000, name: 'fields', key: 'fields', kind: 'string' },
    { no: 1001, name: 'cause', key: 'cause', kind: 'message', type: () => WireErrorSchema },
    { no: 1002, name: 'errors', key: 'errors', kind: 'message', shape: 'list', type: () => WireErrorSchema },
  ],
  empty: () => ({
    $typeName: 'dispatch.sdk.v1.Error',
    type: '',
    message: '',
    value: NO_BYTES,
    traceback: NO_BYTES,
    fields: '',
    errors: [],
  }),
  write(writer, message) {
    writeString(writer, 0x0a, message.type)
    writeString(writer, 0x12, message.message)
    writeBytes(writer, 0x1a, message.value)
    writeBytes(writer, 0x22, message.traceback)
    writeString(writer, 0x1f42, message.fields)
    writeMessage(writer, 0x1f4a, WireErrorSchema, message.cause)
    for (const item of message.errors) writeMessage(writer, 0x1f52, WireErrorSchema, item)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.type = reader.string()
          break
        case 0x12:
          message.message = reader.string()
          break
        case 0x1a:
          message.value = reader.bytes()
          break
        case 0x22:
          message.traceback = reader.bytes()
          break
        case 0x1f42:
          message.fields = reader.string()
          break
        case 0x1f4a:
          message.cause = reader.message(WireErrorSchema, message.cause)
          break
        case 0x1f52:
          message.errors.push(reader.message(WireErrorSchema))
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** A request to run a function once with an input. Fields from 1000 on are extensions; other SDKs skip them. */
export interface Call extends Message<'dispatch.sdk.v1.Call'> {
  /** Chosen by the caller and echoed in the CallResult. Has no meaning in a DispatchRequest. */
  correlationId: bigint
  /** URL of the service that has the function. Empty in a Poll: the endpoint of the caller. */
  endpoint: string
  function: string
  input?: Any | undefined
  /** Longest time from creation to completion, all attempts included. */
  expiration?: WireDuration | undefined
  version: string
  /**
   * In a DispatchRequest: the id of the call, chosen by the client. A call whose id exists is not recorded again, so a
   * request can be repeated after a lost answer.
   */
  dispatchId: string
  /** The call is not due before this time has passed. */
  delay?: WireDuration | undefined
  /** Attempts after which the call ends with its last status. 0: no limit. */
  attemptsMax: number
  /** The call ends with its last status after this long without progress. */
  giveUpAfter?: WireDuration | undefined
  /** Maximum of concurrent runs of the function at its endpoint. 0: only the adaptive limit. */
  concurrencyMax: number
  /**
   * Time limit of one run of the call; the run is then aborted with the status timeout. Absent: the limit of the
   * scheduler.
   */
  runTimeout?: WireDuration | undefined
  /** Calls of a higher priority start before others of the same function. In a Poll, 0 means the priority of the caller. */
  priority: number
  /** Calls of the function with the same key share concurrency_key_max concurrent runs. Empty: no limit by key. */
  concurrencyKey: string
  concurrencyKeyMax: number
}

export const CallSchema: MessageSchema<Call> = {
  typeName: 'dispatch.sdk.v1.Call',
  fields: [
    { no: 1, name: 'correlation_id', key: 'correlationId', kind: 'uint64' },
    { no: 2, name: 'endpoint', key: 'endpoint', kind: 'string' },
    { no: 3, name: 'function', key: 'function', kind: 'string' },
    { no: 4, name: 'input', key: 'input', kind: 'message', type: () => AnySchema },
    { no: 5, name: 'expiration', key: 'expiration', kind: 'message', type: () => WireDurationSchema },
    { no: 6, name: 'version', key: 'version', kind: 'string' },
    { no: 1000, name: 'dispatch_id', key: 'dispatchId', kind: 'string' },
    { no: 1001, name: 'delay', key: 'delay', kind: 'message', type: () => WireDurationSchema },
    { no: 1002, name: 'attempts_max', key: 'attemptsMax', kind: 'uint32' },
    { no: 1003, name: 'give_up_after', key: 'giveUpAfter', kind: 'message', type: () => WireDurationSchema },
    { no: 1004, name: 'concurrency_max', key: 'concurrencyMax', kind: 'uint32' },
    { no: 1005, name: 'run_timeout', key: 'runTimeout', kind: 'message', type: () => WireDurationSchema },
    { no: 1006, name: 'priority', key: 'priority', kind: 'int32' },
    { no: 1007, name: 'concurrency_key', key: 'concurrencyKey', kind: 'string' },
    { no: 1008, name: 'concurrency_key_max', key: 'concurrencyKeyMax', kind: 'uint32' },
  ],
  empty: () => ({
    $typeName: 'dispatch.sdk.v1.Call',
    correlationId: 0n,
    endpoint: '',
    function: '',
    version: '',
    dispatchId: '',
    attemptsMax: 0,
    concurrencyMax: 0,
    priority: 0,
    concurrencyKey: '',
    concurrencyKeyMax: 0,
  }),
  write(writer, message) {
    writeUint64(writer, 0x08, message.correlationId)
    writeString(writer, 0x12, message.endpoint)
    writeString(writer, 0x1a, message.function)
    writeMessage(writer, 0x22, AnySchema, message.input)
    writeMessage(writer, 0x2a, WireDurationSchema, message.expiration)
    writeString(writer, 0x32, message.version)
    writeString(writer, 0x1f42, message.dispatchId)
    writeMessage(writer, 0x1f4a, WireDurationSchema, message.delay)
    writeUint32(writer, 0x1f50, message.attemptsMax)
    writeMessage(writer, 0x1f5a, WireDurationSchema, message.giveUpAfter)
    writeUint32(writer, 0x1f60, message.concurrencyMax)
    writeMessage(writer, 0x1f6a, WireDurationSchema, message.runTimeout)
    writeInt32(writer, 0x1f70, message.priority)
    writeString(writer, 0x1f7a, message.concurrencyKey)
    writeUint32(writer, 0x1f80, message.concurrencyKeyMax)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.correlationId = reader.uint64()
          break
        case 0x12:
          message.endpoint = reader.string()
          break
        case 0x1a:
          message.function = reader.string()
          break
        case 0x22:
          message.input = reader.message(AnySchema, message.input)
          break
        case 0x2a:
          message.expiration = reader.message(WireDurationSchema, message.expiration)
          break
        case 0x32:
          message.version = reader.string()
          break
        case 0x1f42:
          message.dispatchId = reader.string()
          break
        case 0x1f4a:
          message.delay = reader.message(WireDurationSchema, message.delay)
          break
        case 0x1f50:
          message.attemptsMax = reader.uint32()
          break
        case 0x1f5a:
          message.giveUpAfter = reader.message(WireDurationSchema, message.giveUpAfter)
          break
        case 0x1f60:
          message.concurrencyMax = reader.uint32()
          break
        case 0x1f6a:
          message.runTimeout = reader.message(WireDurationSchema, message.runTimeout)
          break
        case 0x1f70:
          message.priority = reader.int32()
          break
        case 0x1f7a:
          message.concurrencyKey = reader.string()
          break
        case 0x1f80:
          message.concurrencyKeyMax = reader.uint32()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** The result of a call. Fields from 1000 on are extensions; other SDKs skip them. */
export interface CallResult extends Message<'dispatch.sdk.v1.CallResult'> {
  correlationId: bigint
  /** Absent when a Python function returned None. May be set together with an error. */
  output?: Any | undefined
  error?: WireError | undefined
  dispatchId: string
  /** Status with which the call ended, set by the scheduler if it is not ok: the type of an error does not tell it. */
  status: number
}

export const CallResultSchema: MessageSchema<CallResult> = {
  typeName: 'dispatch.sdk.v1.CallResult',
  fields: [
    { no: 1, name: 'correlation_id', key: 'correlationId', kind: 'uint64' },
    { no: 2, name: 'output', key: 'output', kind: 'message', type: () => AnySchema },
    { no: 3, name: 'error', key: 'error', kind: 'message', type: () => WireErrorSchema },
    { no: 4, name: 'dispatch_id', key: 'dispatchId', kind: 'string' },
    { no: 1000, name: 'status', key: 'status', kind: 'enum', names: STATUS_NAMES },
  ],
  empty: () => ({ $typeName: 'dispatch.sdk.v1.CallResult', correlationId: 0n, dispatchId: '', status: 0 }),
  write(writer, message) {
    writeUint64(writer, 0x08, message.correlationId)
    writeMessage(writer, 0x12, AnySchema, message.output)
    writeMessage(writer, 0x1a, WireErrorSchema, message.error)
    writeString(writer, 0x22, message.dispatchId)
    writeInt32(writer, 0x1f40, message.status)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.correlationId = reader.uint64()
          break
        case 0x12:
          message.output = reader.message(AnySchema, message.output)
          break
        case 0x1a:
          message.error = reader.message(WireErrorSchema, message.error)
          break
        case 0x22:
          message.dispatchId = reader.string()
          break
        case 0x1f40:
          message.status = reader.int32()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** The end of a run that finished its call, or replaced it by another. */
export interface Exit extends Message<'dispatch.sdk.v1.Exit'> {
  /** Absent in Python's tail calls. */
  result?: CallResult | undefined
  /** The call continues as this one, under the same dispatch id. */
  tailCall?: Call | undefined
}

export const ExitSchema: MessageSchema<Exit> = {
  typeName: 'dispatch.sdk.v1.Exit',
  fields: [
    { no: 1, name: 'result', key: 'result', kind: 'message', type: () => CallResultSchema },
    { no: 2, name: 'tail_call', key: 'tailCall', kind: 'message', type: () => CallSchema },
  ],
  empty: () => ({ $typeName: 'dispatch.sdk.v1.Exit' }),
  write(writer, message) {
    writeMessage(writer, 0x0a, CallResultSchema, message.result)
    writeMessage(writer, 0x12, CallSchema, message.tailCall)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.result = reader.message(CallResultSchema, message.result)
          break
        case 0x12:
          message.tailCall = reader.message(CallSchema, message.tailCall)
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** The end of a run that suspended its call until results arrive or time passes. */
export interface Poll extends Message<'dispatch.sdk.v1.Poll'> {
  state: /** Used by early SDKs. */
    | { case: 'coroutineState'; value: Uint8Array }
    | { case: 'typedCoroutineState'; value: Any }
    | { case: undefined; value?: undefined }
  /** Calls to make on behalf of the coroutine. */
  calls: Call[]
  /** Longest suspension. Absent: no limit. */
  maxWait?: WireDuration | undefined
  /** Maximum of results in the next PollResult, 1 to 1000. */
  maxResults: number
  /** Results to wait for, 1 to 1000. */
  minResults: number
  /** Resume as soon as one of the awaited calls has failed, whatever min_results says. */
  wakeOnFailure: boolean
  /**
   * The entry that this run adds to the journal. Only if RunRequest.keeps_journal was set; the state then contains no
   * journal.
   */
  journalEntry: Uint8Array
  /** The coroutine has more calls to make than fit into one Poll: resume it immediately. */
  moreCalls: boolean
}

export const PollSchema: MessageSchema<Poll> = {
  typeName: 'dispatch.sdk.v1.Poll',
  fields: [
    { no: 1, name: 'coroutine_state', key: 'coroutineState', kind: 'bytes', oneof: 'state' },
    { no: 2, name: 'calls', key: 'calls', kind: 'message', shape: 'list', type: () => CallSchema },
    { no: 3, name: 'max_wait', key: 'maxWait', kind: 'message', type: () => WireDurationSchema },
    { no: 4, name: 'max_results', key: 'maxResults', kind: 'int32' },
    { no: 5, name: 'min_results', key: 'minResults', kind: 'int32' },
    {
      no: 6,
      name: 'typed_coroutine_state',
      key: 'typedCoroutineState',
      kind: 'message',
      oneof: 'state',
      type: () => AnySchema,
    },
    { no: 1000, name: 'wake_on_failure', key: 'wakeOnFailure', kind: 'bool' },
    { no: 1001, name: 'journal_entry', key: 'journalEntry', kind: 'bytes' },
    { no: 1002, name: 'more_calls', key: 'moreCalls', kind: 'bool' },
  ],
  empty: () => ({
    $typeName: 'dispatch.sdk.v1.Poll',
    state: { case: undefined },
    calls: [],
    maxResults: 0,
    minResults: 0,
    wakeOnFailure: false,
    journalEntry: NO_BYTES,
    moreCalls: false,
  }),
  write(writer, message) {
    const { state } = message
    if (state.case === 'coroutineState') putBytes(writer, 0x0a, state.value)
    for (const item of message.calls) writeMessage(writer, 0x12, CallSchema, item)
    writeMessage(writer, 0x1a, WireDurationSchema, message.maxWait)
    writeInt32(writer, 0x20, message.maxResults)
    writeInt32(writer, 0x28, message.minResults)
    if (state.case === 'typedCoroutineState') writeMessage(writer, 0x32, AnySchema, state.value)
    writeBool(writer, 0x1f40, message.wakeOnFailure)
    writeBytes(writer, 0x1f4a, message.journalEntry)
    writeBool(writer, 0x1f50, message.moreCalls)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.state = { case: 'coroutineState', value: reader.bytes() }
          break
        case 0x12:
          message.calls.push(reader.message(CallSchema))
          break
        case 0x1a:
          message.maxWait = reader.message(WireDurationSchema, message.maxWait)
          break
        case 0x20:
          message.maxResults = reader.int32()
          break
        case 0x28:
          message.minResults = reader.int32()
          break
        case 0x32:
          message.state = {
            case: 'typedCoroutineState',
            value: reader.message(
              AnySchema,
              message.state.case === 'typedCoroutineState' ? message.state.value : undefined,
            ),
          }
          break
        case 0x1f40:
          message.wakeOnFailure = reader.bool()
          break
        case 0x1f4a:
          message.journalEntry = reader.bytes()
          break
        case 0x1f50:
          message.moreCalls = reader.bool()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** The answer to a Poll. */
export interface PollResult extends Message<'dispatch.sdk.v1.PollResult'> {
  state:
    | { case: 'coroutineState'; value: Uint8Array }
    | { case: 'typedCoroutineState'; value: Any }
    | { case: undefined; value?: undefined }
  results: CallResult[]
  /** The Poll was refused and none of its calls was made. */
  error?: WireError | undefined
}

export const PollResultSchema: MessageSchema<PollResult> = {
  typeName: 'dispatch.sdk.v1.PollResult',
  fields: [
    { no: 1, name: 'coroutine_state', key: 'coroutineState', kind: 'bytes', oneof: 'state' },
    { no: 2, name: 'results', key: 'results', kind: 'message', shape: 'list', type: () => CallResultSchema },
    { no: 3, name: 'error', key: 'error', kind: 'message', type: () => WireErrorSchema },
    {
      no: 4,
      name: 'typed_coroutine_state',
      key: 'typedCoroutineState',
      kind: 'message',
      oneof: 'state',
      type: () => AnySchema,
    },
  ],
  empty: () => ({ $typeName: 'dispatch.sdk.v1.PollResult', state: { case: undefined }, results: [] }),
  write(writer, message) {
    const { state } = message
    if (state.case === 'coroutineState') putBytes(writer, 0x0a, state.value)
    for (const item of message.results) writeMessage(writer, 0x12, CallResultSchema, item)
    writeMessage(writer, 0x1a, WireErrorSchema, message.error)
    if (state.case === 'typedCoroutineState') writeMessage(writer, 0x22, AnySchema, state.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.state = { case: 'coroutineState', value: reader.bytes() }
          break
        case 0x12:
          message.results.push(reader.message(CallResultSchema))
          break
        case 0x1a:
          message.error = reader.message(WireErrorSchema, message.error)
          break
        case 0x22:
          message.state = {
            case: 'typedCoroutineState',
            value: reader.message(
              AnySchema,
              message.state.case === 'typedCoroutineState' ? message.state.value : undefined,
            ),
          }
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** One run of a call. Fields from 1000 on are extensions; other SDKs skip them. */
export interface RunRequest extends Message<'dispatch.sdk.v1.RunRequest'> {
  function: string
  directive: /** First run of the call. */
    | { case: 'input'; value: Any }
    /** The call continues after a Poll. */
    | { case: 'pollResult'; value: PollResult }
    | { case: undefined; value?: undefined }
  dispatchId: string
  /** Empty for a call that no other call made. */
  parentDispatchId: string
  /** The id of the call itself for a root call. */
  rootDispatchId: string
  creationTime?: Timestamp | undefined
  expirationTime?: Timestamp | undefined
  /** Number of the attempt, from 1; reset to 1 by a Poll. */
  attempt: number
  /** How often the call was restarted from its input because its state could not be used. */
  restarts: number
  /** The scheduler keeps a journal, appends Poll.journal_entry to it, and returns it on request. */
  keepsJournal: boolean
  /** With poll_result, and only after RunResponse.journal_wanted: everything that a rebuild of the coroutine needs. */
  journal?: Journal | undefined
  /** Maximum of calls that the scheduler accepts in one Poll. 0: 1000. */
  pollCallsMax: number
  /** The scheduler can send several runs in one request (dispatch.api.v1.RunBatchRequest), and asks for permission. */
  sendsBatches: boolean
}

export const RunRequestSchema: MessageSchema<RunRequest> = {
  typeName: 'dispatch.sdk.v1.RunRequest',
  fields: [
    { no: 1, name: 'function', key: 'function', kind: 'string' },
    { no: 2, name: 'input', key: 'input', kind: 'message', oneof: 'directive', type: () => AnySchema },
    {
      no: 3,
      name: 'poll_result',
      key: 'pollResult',
      kind: 'message',
      oneof: 'directive',
      type: () => PollResultSchema,
    },
    { no: 4, name: 'dispatch_id', key: 'dispatchId', kind: 'string' },
    { no: 5, name: 'parent_dispatch_id', key: 'parentDispatchId', kind: 'string' },
    { no: 6, name: 'root_dispatch_id', key: 'rootDispatchId', kind: 'string' },
    { no: 7, name: 'creation_time', key: 'creationTime', kind: 'message', type: () => TimestampSchema },
    { no: 8, name: 'expiration_time', key: 'expirationTime', kind: 'message', type: () => TimestampSchema },
    { no: 1000, name: 'attempt', key: 'attempt', kind: 'uint32' },
    { no: 1001, name: 'restarts', key: 'restarts', kind: 'uint32' },
    { no: 1002, name: 'keeps_journal', key: 'keepsJournal', kind: 'bool' },
    { no: 1003, name: 'journal', key: 'journal', kind: 'message', type: () => JournalSchema },
    { no: 1004, name: 'poll_calls_max', key: 'pollCallsMax', kind: 'uint32' },
    { no: 1005, name: 'sends_batches', key: 'sendsBatches', kind: 'bool' },
  ],
  empty: () => ({
    $typeName: 'dispatch.sdk.v1.RunRequest',
    function: '',
    directive: { case: undefined },
    dispatchId: '',
    parentDispatchId: '',
    rootDispatchId: '',
    attempt: 0,
    restarts: 0,
    keepsJournal: false,
    pollCallsMax: 0,
    sendsBatches: false,
  }),
  write(writer, message) {
    const { directive } = message
    writeString(writer, 0x0a, message.function)
    if (directive.case === 'input') writeMessage(writer, 0x12, AnySchema, directive.value)
    if (directive.case === 'pollResult') writeMessage(writer, 0x1a, PollResultSchema, directive.value)
    writeString(writer, 0x22, message.dispatchId)
    writeString(writer, 0x2a, message.parentDispatchId)
    writeString(writer, 0x32, message.rootDispatchId)
    writeMessage(writer, 0x3a, TimestampSchema, message.creationTime)
    writeMessage(writer, 0x42, TimestampSchema, message.expirationTime)
    writeUint32(writer, 0x1f40, message.attempt)
    writeUint32(writer, 0x1f48, message.restarts)
    writeBool(writer, 0x1f50, message.keepsJournal)
    writeMessage(writer, 0x1f5a, JournalSchema, message.journal)
    writeUint32(writer, 0x1f60, message.pollCallsMax)
    writeBool(writer, 0x1f68, message.sendsBatches)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.function = reader.string()
          break
        case 0x12:
          message.directive = {
            case: 'input',
            value: reader.message(
              AnySchema,
              message.directive.case === 'input' ? message.directive.value : undefined,
            ),
          }
          break
        case 0x1a:
          message.directive = {
            case: 'pollResult',
            value: reader.message(
              PollResultSchema,
              message.directive.case === 'pollResult' ? message.directive.value : undefined,
            ),
          }
          break
        case 0x22:
          message.dispatchId = reader.string()
          break
        case 0x2a:
          message.parentDispatchId = reader.string()
          break
        case 0x32:
          message.rootDispatchId = reader.string()
          break
        case 0x3a:
          message.creationTime = reader.message(TimestampSchema, message.creationTime)
          break
        case 0x42:
          message.expirationTime = reader.message(TimestampSchema, message.expirationTime)
          break
        case 0x1f40:
          message.attempt = reader.uint32()
          break
        case 0x1f48:
          message.restarts = reader.uint32()
          break
        case 0x1f50:
          message.keepsJournal = reader.bool()
          break
        case 0x1f5a:
          message.journal = reader.message(JournalSchema, message.journal)
          break
        case 0x1f60:
          message.pollCallsMax = reader.uint32()
          break
        case 0x1f68:
          message.sendsBatches = reader.bool()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** Everything that a rebuild of a coroutine needs: its input, and the results and notes of each earlier run. */
export interface Journal extends Message<'dispatch.sdk.v1.Journal'> {
  input?: Any | undefined
  entries: JournalEntry[]
}

export const JournalSchema: MessageSchema<Journal> = {
  typeName: 'dispatch.sdk.v1.Journal',
  fields: [
    { no: 1, name: 'input', key: 'input', kind: 'message', type: () => AnySchema },
    {
      no: 2,
      name: 'entries',
      key: 'entries',
      kind: 'message',
      shape: 'list',
      type: () => JournalEntrySchema,
    },
  ],
  empty: () => ({ $typeName: 'dispatch.sdk.v1.Journal', entries: [] }),
  write(writer, message) {
    writeMessage(writer, 0x0a, AnySchema, message.input)
    for (const item of message.entries) writeMessage(writer, 0x12, JournalEntrySchema, item)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.input = reader.message(AnySchema, message.input)
          break
        case 0x12:
          message.entries.push(reader.message(JournalEntrySchema))
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** One earlier run of a coroutine. */
export interface JournalEntry extends Message<'dispatch.sdk.v1.JournalEntry'> {
  /** The results that the run received, in the order of their delivery. */
  results: CallResult[]
  /** Poll.journal_entry of the run. */
  entry: Uint8Array
}

export const JournalEntrySchema: MessageSchema<JournalEntry> = {
  typeName: 'dispatch.sdk.v1.JournalEntry',
  fields: [
    { no: 1, name: 'results', key: 'results', kind: 'message', shape: 'list', type: () => CallResultSchema },
    { no: 2, name: 'entry', key: 'entry', kind: 'bytes' },
  ],
  empty: () => ({ $typeName: 'dispatch.sdk.v1.JournalEntry', results: [], entry: NO_BYTES }),
  write(writer, message) {
    for (const item of message.results) writeMessage(writer, 0x0a, CallResultSchema, item)
    writeBytes(writer, 0x12, message.entry)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.results.push(reader.message(CallResultSchema))
          break
        case 0x12:
          message.entry = reader.bytes()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface RunResponse extends Message<'dispatch.sdk.v1.RunResponse'> {
  status: number
  directive:
    | { case: 'exit'; value: Exit }
    | { case: 'poll'; value: Poll }
    | { case: undefined; value?: undefined }
  /** Nothing was done: the coroutine is not in the memory of this process. Repeat the run with the journal. */
  journalWanted: boolean
  /** Do not retry before this time has passed: the Retry-After of a dependency. */
  retryAfter?: WireDuration | undefined
  /** Answers RunRequest.sends_batches: maximum of runs in one request. 0: one. */
  batchRunsMax: number
}

export const RunResponseSchema: MessageSchema<RunResponse> = {
  typeName: 'dispatch.sdk.v1.RunResponse',
  fields: [
    { no: 1, name: 'status', key: 'status', kind: 'enum', names: STATUS_NAMES },
    { no: 2, name: 'exit', key: 'exit', kind: 'message', oneof: 'directive', type: () => ExitSchema },
    { no: 3, name: 'poll', key: 'poll', kind: 'message', oneof: 'directive', type: () => PollSchema },
    { no: 1000, name: 'journal_wanted', key: 'journalWanted', kind: 'bool' },
    { no: 1001, name: 'retry_after', key: 'retryAfter', kind: 'message', type: () => WireDurationSchema },
    { no: 1002, name: 'batch_runs_max', key: 'batchRunsMax', kind: 'uint32' },
  ],
  empty: () => ({
    $typeName: 'dispatch.sdk.v1.RunResponse',
    status: 0,
    directive: { case: undefined },
    journalWanted: false,
    batchRunsMax: 0,
  }),
  write(writer, message) {
    const { directive } = message
    writeInt32(writer, 0x08, message.status)
    if (directive.case === 'exit') writeMessage(writer, 0x12, ExitSchema, directive.value)
    if (directive.case === 'poll') writeMessage(writer, 0x1a, PollSchema, directive.value)
    writeBool(writer, 0x1f40, message.journalWanted)
    writeMessage(writer, 0x1f4a, WireDurationSchema, message.retryAfter)
    writeUint32(writer, 0x1f50, message.batchRunsMax)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.status = reader.int32()
          break
        case 0x12:
          message.directive = {
            case: 'exit',
            value: reader.message(
              ExitSchema,
              message.directive.case === 'exit' ? message.directive.value : undefined,
            ),
          }
          break
        case 0x1a:
          message.directive = {
            case: 'poll',
            value: reader.message(
              PollSchema,
              message.directive.case === 'poll' ? message.directive.value : undefined,
            ),
          }
          break
        case 0x1f40:
          message.journalWanted = reader.bool()
          break
        case 0x1f4a:
          message.retryAfter = reader.message(WireDurationSchema, message.retryAfter)
          break
        case 0x1f50:
          message.batchRunsMax = reader.uint32()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface DispatchRequest extends Message<'dispatch.sdk.v1.DispatchRequest'> {
  calls: Call[]
}

export const DispatchRequestSchema: MessageSchema<DispatchRequest> = {
  typeName: 'dispatch.sdk.v1.DispatchRequest',
  fields: [{ no: 1, name: 'calls', key: 'calls', kind: 'message', shape: 'list', type: () => CallSchema }],
  empty: () => ({ $typeName: 'dispatch.sdk.v1.DispatchRequest', calls: [] }),
  write(writer, message) {
    for (const item of message.calls) writeMessage(writer, 0x0a, CallSchema, item)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.calls.push(reader.message(CallSchema))
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface DispatchResponse extends Message<'dispatch.sdk.v1.DispatchResponse'> {
  /** One id for each call, in the order of the calls. */
  dispatchIds: string[]
}

export const DispatchResponseSchema: MessageSchema<DispatchResponse> = {
  typeName: 'dispatch.sdk.v1.DispatchResponse',
  fields: [{ no: 1, name: 'dispatch_ids', key: 'dispatchIds', kind: 'string', shape: 'list' }],
  empty: () => ({ $typeName: 'dispatch.sdk.v1.DispatchResponse', dispatchIds: [] }),
  write(writer, message) {
    for (const item of message.dispatchIds) putString(writer, 0x0a, item)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.dispatchIds.push(reader.string())
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** All schemas of this file. */
export const SCHEMAS: readonly MessageSchema[] = [
  WireErrorSchema,
  CallSchema,
  CallResultSchema,
  ExitSchema,
  PollSchema,
  PollResultSchema,
  RunRequestSchema,
  JournalSchema,
  JournalEntrySchema,
  RunResponseSchema,
  DispatchRequestSchema,
  DispatchResponseSchema,
]

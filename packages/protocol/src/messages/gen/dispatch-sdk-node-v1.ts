// Generated from the .proto files of dispatch.sdk.node.v1 by generate/main.mjs. Do not edit: pnpm generate.

import { type Message, type MessageSchema, NO_BYTES } from '../../proto/message.js'
import {
  putBytes,
  putString,
  putUint64,
  writeBytes,
  writeMessage,
  writePacked,
  writeString,
  writeUint32,
  writeUint64,
  writeUnknown,
} from '../../proto/write-fields.js'
import { type WireError, WireErrorSchema } from './dispatch-sdk-v1.js'

/** The state of a suspended coroutine of this SDK, in Poll.typed_coroutine_state. */
export interface CoroutineState extends Message<'dispatch.sdk.node.v1.CoroutineState'> {
  /** Layout of this message and meaning of the journal. A reader refuses every other number. */
  format: number
  /** The function whose handler is suspended. */
  function: string
  /**
   * Random, for each copy of a coroutine in the memory of a process. Together with `runs` it identifies the suspension in
   * which this state was made, so that a copy is resumed only from that suspension.
   */
  token: Uint8Array
  /** Number of runs the coroutine has had. */
  runs: number
  /**
   * The whole journal, an encoded dispatch.sdk.v1.Journal; empty when the scheduler keeps it. Bytes, so that it need not be
   * decoded when the coroutine is still in memory.
   */
  journal: Uint8Array
  /** Random, from the first run: the upper half of the correlation ids of the coroutine. */
  generation: number
}

export const CoroutineStateSchema: MessageSchema<CoroutineState> = {
  typeName: 'dispatch.sdk.node.v1.CoroutineState',
  fields: [
    { no: 1, name: 'format', key: 'format', kind: 'uint32' },
    { no: 2, name: 'function', key: 'function', kind: 'string' },
    { no: 3, name: 'token', key: 'token', kind: 'bytes' },
    { no: 4, name: 'runs', key: 'runs', kind: 'uint32' },
    { no: 5, name: 'journal', key: 'journal', kind: 'bytes' },
    { no: 6, name: 'generation', key: 'generation', kind: 'uint32' },
  ],
  empty: () => ({
    $typeName: 'dispatch.sdk.node.v1.CoroutineState',
    format: 0,
    function: '',
    token: NO_BYTES,
    runs: 0,
    journal: NO_BYTES,
    generation: 0,
  }),
  write(writer, message) {
    writeUint32(writer, 0x08, message.format)
    writeString(writer, 0x12, message.function)
    writeBytes(writer, 0x1a, message.token)
    writeUint32(writer, 0x20, message.runs)
    writeBytes(writer, 0x2a, message.journal)
    writeUint32(writer, 0x30, message.generation)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.format = reader.uint32()
          break
        case 0x12:
          message.function = reader.string()
          break
        case 0x1a:
          message.token = reader.bytes()
          break
        case 0x20:
          message.runs = reader.uint32()
          break
        case 0x2a:
          message.journal = reader.bytes()
          break
        case 0x30:
          message.generation = reader.uint32()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** The notes of one run, in JournalEntry.entry. */
export interface RunEntry extends Message<'dispatch.sdk.node.v1.RunEntry'> {
  /** The time that call.now() returned during the run, epoch milliseconds. */
  nowMs: bigint
  /** The durable steps that the handler has begun since the end of the previous run, in order. */
  steps: Step[]
  /** Timers, by step number, that fired when the run began, in order. They fire before results are delivered. */
  fired: number[]
  /** Number of `steps` that the handler began before the run, while it was suspended. */
  stepsBefore: number
  /** Number of calls in the Poll of the run. Calls are sent in the order of their steps. */
  callsSent: number
  /** PollResult.error of the run. It is delivered after the timers and before the results. */
  pollError?: WireError | undefined
}

export const RunEntrySchema: MessageSchema<RunEntry> = {
  typeName: 'dispatch.sdk.node.v1.RunEntry',
  fields: [
    { no: 1, name: 'now_ms', key: 'nowMs', kind: 'uint64' },
    { no: 2, name: 'steps', key: 'steps', kind: 'message', shape: 'list', type: () => StepSchema },
    { no: 3, name: 'fired', key: 'fired', kind: 'uint32', shape: 'list' },
    { no: 4, name: 'steps_before', key: 'stepsBefore', kind: 'uint32' },
    { no: 5, name: 'calls_sent', key: 'callsSent', kind: 'uint32' },
    { no: 6, name: 'poll_error', key: 'pollError', kind: 'message', type: () => WireErrorSchema },
  ],
  empty: () => ({
    $typeName: 'dispatch.sdk.node.v1.RunEntry',
    nowMs: 0n,
    steps: [],
    fired: [],
    stepsBefore: 0,
    callsSent: 0,
  }),
  write(writer, message) {
    writeUint64(writer, 0x08, message.nowMs)
    for (const item of message.steps) writeMessage(writer, 0x12, StepSchema, item)
    writePacked(writer, 0x1a, message.fired, (out, value) => out.uint32(value))
    writeUint32(writer, 0x20, message.stepsBefore)
    writeUint32(writer, 0x28, message.callsSent)
    writeMessage(writer, 0x32, WireErrorSchema, message.pollError)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.nowMs = reader.uint64()
          break
        case 0x12:
          message.steps.push(reader.message(StepSchema))
          break
        case 0x18:
          message.fired.push(reader.uint32())
          break
        case 0x1a:
          for (const last = reader.partEnd(); reader.before(last); ) message.fired.push(reader.uint32())
          break
        case 0x20:
          message.stepsBefore = reader.uint32()
          break
        case 0x28:
          message.callsSent = reader.uint32()
          break
        case 0x32:
          message.pollError = reader.message(WireErrorSchema, message.pollError)
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** One numbered step of a handler. Steps are numbered from 1 over the life of the coroutine. */
export interface Step extends Message<'dispatch.sdk.node.v1.Step'> {
  kind: /** Name of the function that was awaited. */
    | { case: 'await'; value: string }
    /** Epoch milliseconds at which a sleep ends. */
    | { case: 'sleepUntilMs'; value: bigint }
    /** A call that was dispatched and is not awaited. */
    | { case: 'dispatched'; value: Dispatched }
    | { case: undefined; value?: undefined }
}

export const StepSchema: MessageSchema<Step> = {
  typeName: 'dispatch.sdk.node.v1.Step',
  fields: [
    { no: 1, name: 'await', key: 'await', kind: 'string', oneof: 'kind' },
    { no: 2, name: 'sleep_until_ms', key: 'sleepUntilMs', kind: 'uint64', oneof: 'kind' },
    {
      no: 3,
      name: 'dispatched',
      key: 'dispatched',
      kind: 'message',
      oneof: 'kind',
      type: () => DispatchedSchema,
    },
  ],
  empty: () => ({ $typeName: 'dispatch.sdk.node.v1.Step', kind: { case: undefined } }),
  write(writer, message) {
    const { kind } = message
    if (kind.case === 'await') putString(writer, 0x0a, kind.value)
    if (kind.case === 'sleepUntilMs') putUint64(writer, 0x10, kind.value)
    if (kind.case === 'dispatched') writeMessage(writer, 0x1a, DispatchedSchema, kind.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.kind = { case: 'await', value: reader.string() }
          break
        case 0x10:
          message.kind = { case: 'sleepUntilMs', value: reader.uint64() }
          break
        case 0x1a:
          message.kind = {
            case: 'dispatched',
            value: reader.message(
              DispatchedSchema,
              message.kind.case === 'dispatched' ? message.kind.value : undefined,
            ),
          }
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface Dispatched extends Message<'dispatch.sdk.node.v1.Dispatched'> {
  function: string
  /** Empty when the scheduler refused the call. */
  dispatchId: string
  error?: WireError | undefined
}

export const DispatchedSchema: MessageSchema<Dispatched> = {
  typeName: 'dispatch.sdk.node.v1.Dispatched',
  fields: [
    { no: 1, name: 'function', key: 'function', kind: 'string' },
    { no: 2, name: 'dispatch_id', key: 'dispatchId', kind: 'string' },
    { no: 3, name: 'error', key: 'error', kind: 'message', type: () => WireErrorSchema },
  ],
  empty: () => ({ $typeName: 'dispatch.sdk.node.v1.Dispatched', function: '', dispatchId: '' }),
  write(writer, message) {
    writeString(writer, 0x0a, message.function)
    writeString(writer, 0x12, message.dispatchId)
    writeMessage(writer, 0x1a, WireErrorSchema, message.error)
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
          message.dispatchId = reader.string()
          break
        case 0x1a:
          message.error = reader.message(WireErrorSchema, message.error)
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/**
 * A JavaScript value that JSON cannot carry: it contains, at any depth, a Date, Map, Set, BigInt, typed array,
 * undefined, or a number without a JSON form.
 */
export interface JsValue extends Message<'dispatch.sdk.node.v1.JsValue'> {
  /** UTF-8 JSON in which such values are written as {"$": [tag, …]}. */
  json: string
  /** Bytes to which the JSON refers by position. */
  chunks: Uint8Array[]
}

export const JsValueSchema: MessageSchema<JsValue> = {
  typeName: 'dispatch.sdk.node.v1.JsValue',
  fields: [
    { no: 1, name: 'json', key: 'json', kind: 'string' },
    { no: 2, name: 'chunks', key: 'chunks', kind: 'bytes', shape: 'list' },
  ],
  empty: () => ({ $typeName: 'dispatch.sdk.node.v1.JsValue', json: '', chunks: [] }),
  write(writer, message) {
    writeString(writer, 0x0a, message.json)
    for (const item of message.chunks) putBytes(writer, 0x12, item)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.json = reader.string()
          break
        case 0x12:
          message.chunks.push(reader.bytes())
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** All schemas of this file. */
export const SCHEMAS: readonly MessageSchema[] = [
  CoroutineStateSchema,
  RunEntrySchema,
  StepSchema,
  DispatchedSchema,
  JsValueSchema,
]

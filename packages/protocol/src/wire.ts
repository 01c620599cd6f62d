import { fromBinary } from '@bufbuild/protobuf'
import { type Any, AnySchema, type Duration, type Timestamp } from '@bufbuild/protobuf/wkt'
import { DispatchError } from './dispatch-error.js'
import { type Call, type CallResult, CallResultSchema } from './gen/dispatch/sdk/v1/call_pb.js'
import type { Error as WireError } from './gen/dispatch/sdk/v1/error_pb.js'
import type { Exit } from './gen/dispatch/sdk/v1/exit_pb.js'
import type { Journal, JournalEntry, RunRequest, RunResponse } from './gen/dispatch/sdk/v1/function_pb.js'
import type { Poll, PollResult } from './gen/dispatch/sdk/v1/poll_pb.js'
import { type ProtoWriter, writeProto } from './proto/writer.js'

// Encoders of the messages that every call needs, written by hand: around a microsecond each, a third of what the
// protobuf runtime takes. They give the same bytes as its toBinary (a property test compares them), unknown fields
// included. Decoding is fast enough there.
//
// Tags are numbers: field << 3 | wire type, where type 0 is a varint and 2 has a length. Tags of fields from 16 on
// take two bytes and are written by uint32.

/** The bytes of a `google.protobuf.Any`, as `toBinary` gives them. */
export function encodeAny(any: Any): Uint8Array {
  return writeProto(writeAny, any)
}

/** @throws {DispatchError} `invalid_argument` when the bytes are no such message. */
export function decodeAny(bytes: Uint8Array): Any {
  return decoded('google.protobuf.Any', () => fromBinary(AnySchema, bytes))
}

/** The bytes of a `dispatch.sdk.v1.CallResult`, as `toBinary` gives them. */
export function encodeCallResult(result: CallResult): Uint8Array {
  return writeProto(writeCallResult, result)
}

/** @throws {DispatchError} `invalid_argument` when the bytes are no such message. */
export function decodeCallResult(bytes: Uint8Array): CallResult {
  return decoded('dispatch.sdk.v1.CallResult', () => fromBinary(CallResultSchema, bytes))
}

/** The bytes of a `dispatch.sdk.v1.RunRequest`, as `toBinary` gives them. */
export function encodeRunRequest(request: RunRequest): Uint8Array {
  return writeProto(writeRunRequest, request)
}

/** The bytes of a `dispatch.sdk.v1.RunResponse`, as `toBinary` gives them. */
export function encodeRunResponse(response: RunResponse): Uint8Array {
  return writeProto(writeRunResponse, response)
}

function decoded<Output>(typeName: string, decode: () => Output): Output {
  try {
    return decode()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new DispatchError('invalid_argument', `a ${typeName} is malformed: ${reason}`, { cause: error })
  }
}

function writeRunRequest(writer: ProtoWriter, request: RunRequest): void {
  const { directive } = request
  text(writer, 0x0a, request.function)
  if (directive.case === 'input') part(writer, 0x12, writeAny, directive.value)
  if (directive.case === 'pollResult') part(writer, 0x1a, writePollResult, directive.value)
  text(writer, 0x22, request.dispatchId)
  text(writer, 0x2a, request.parentDispatchId)
  text(writer, 0x32, request.rootDispatchId)
  part(writer, 0x3a, writeTime, request.creationTime)
  part(writer, 0x42, writeTime, request.expirationTime)
  uint32(writer, 1000 << 3, request.attempt)
  uint32(writer, 1001 << 3, request.restarts)
  flag(writer, 1002 << 3, request.keepsJournal)
  part(writer, (1003 << 3) | 2, writeJournal, request.journal)
  uint32(writer, 1004 << 3, request.pollCallsMax)
  flag(writer, 1005 << 3, request.sendsBatches)
  unknown(writer, request)
}

function writeRunResponse(writer: ProtoWriter, response: RunResponse): void {
  const { directive } = response
  int32(writer, 0x08, response.status)
  if (directive.case === 'exit') part(writer, 0x12, writeExit, directive.value)
  if (directive.case === 'poll') part(writer, 0x1a, writePoll, directive.value)
  flag(writer, 1000 << 3, response.journalWanted)
  part(writer, (1001 << 3) | 2, writeTime, response.retryAfter)
  uint32(writer, 1002 << 3, response.batchRunsMax)
  unknown(writer, response)
}

function writeExit(writer: ProtoWriter, exit: Exit): void {
  part(writer, 0x0a, writeCallResult, exit.result)
  part(writer, 0x12, writeCall, exit.tailCall)
  unknown(writer, exit)
}

function writePoll(writer: ProtoWriter, poll: Poll): void {
  const { state } = poll
  if (state.case === 'coroutineState') present(writer, 0x0a, state.value)
  for (const call of poll.calls) part(writer, 0x12, writeCall, call)
  part(writer, 0x1a, writeTime, poll.maxWait)
  int32(writer, 0x20, poll.maxResults)
  int32(writer, 0x28, poll.minResults)
  if (state.case === 'typedCoroutineState') part(writer, 0x32, writeAny, state.value)
  flag(writer, 1000 << 3, poll.wakeOnFailure)
  bytes(writer, (1001 << 3) | 2, poll.journalEntry)
  flag(writer, 1002 << 3, poll.moreCalls)
  unknown(writer, poll)
}

function writePollResult(writer: ProtoWriter, result: PollResult): void {
  const { state } = result
  if (state.case === 'coroutineState') present(writer, 0x0a, state.value)
  for (const item of result.results) part(writer, 0x12, writeCallResult, item)
  part(writer, 0x1a, writeError, result.error)
  if (state.case === 'typedCoroutineState') part(writer, 0x22, writeAny, state.value)
  unknown(writer, result)
}

function writeCall(writer: ProtoWriter, call: Call): void {
  uint64(writer, 0x08, call.correlationId)
  text(writer, 0x12, call.endpoint)
  text(writer, 0x1a, call.function)
  part(writer, 0x22, writeAny, call.input)
  part(writer, 0x2a, writeTime, call.expiration)
  text(writer, 0x32, call.version)
  text(writer, (1000 << 3) | 2, call.dispatchId)
  part(writer, (1001 << 3) | 2, writeTime, call.delay)
  uint32(writer, 1002 << 3, call.attemptsMax)
  part(writer, (1003 << 3) | 2, writeTime, call.giveUpAfter)
  uint32(writer, 1004 << 3, call.concurrencyMax)
  part(writer, (1005 << 3) | 2, writeTime, call.runTimeout)
  int32(writer, 1006 << 3, call.priority)
  text(writer, (1007 << 3) | 2, call.concurrencyKey)
  uint32(writer, 1008 << 3, call.concurrencyKeyMax)
  unknown(writer, call)
}

function writeCallResult(writer: ProtoWriter, result: CallResult): void {
  uint64(writer, 0x08, result.correlationId)
  part(writer, 0x12, writeAny, result.output)
  part(writer, 0x1a, writeError, result.error)
  text(writer, 0x22, result.dispatchId)
  unknown(writer, result)
}

function writeError(writer: ProtoWriter, error: WireError): void {
  text(writer, 0x0a, error.type)
  text(writer, 0x12, error.message)
  bytes(writer, 0x1a, error.value)
  bytes(writer, 0x22, error.traceback)
  unknown(writer, error)
}

function writeJournal(writer: ProtoWriter, journal: Journal): void {
  part(writer, 0x0a, writeAny, journal.input)
  for (const entry of journal.entries) part(writer, 0x12, writeJournalEntry, entry)
  unknown(writer, journal)
}

function writeJournalEntry(writer: ProtoWriter, entry: JournalEntry): void {
  for (const result of entry.results) part(writer, 0x0a, writeCallResult, result)
  bytes(writer, 0x12, entry.entry)
  unknown(writer, entry)
}

function writeAny(writer: ProtoWriter, any: Any): void {
  text(writer, 0x0a, any.typeUrl)
  bytes(writer, 0x12, any.value)
  unknown(writer, any)
}

function writeTime(writer: ProtoWriter, time: Timestamp | Duration): void {
  if (time.seconds !== 0n) {
    writer.byte(0x08)
    writer.int64(time.seconds)
  }
  int32(writer, 0x10, time.nanos)
  unknown(writer, time)
}

function part<Message>(
  writer: ProtoWriter,
  tag: number,
  write: (writer: ProtoWriter, message: Message) => void,
  message: Message | undefined,
): void {
  if (message === undefined) return
  writer.uint32(tag)
  const mark = writer.fork()
  write(writer, message)
  writer.join(mark)
}

function text(writer: ProtoWriter, tag: number, value: string): void {
  if (value === '') return
  writer.uint32(tag)
  writer.text(value)
}

function bytes(writer: ProtoWriter, tag: number, value: Uint8Array): void {
  if (value.length > 0) present(writer, tag, value)
}

/** Bytes of a oneof are written even when there are none. */
function present(writer: ProtoWriter, tag: number, value: Uint8Array): void {
  writer.uint32(tag)
  writer.bytes(value)
}

function flag(writer: ProtoWriter, tag: number, value: boolean): void {
  if (!value) return
  writer.uint32(tag)
  writer.byte(1)
}

function uint32(writer: ProtoWriter, tag: number, value: number): void {
  if (value === 0) return
  writer.uint32(tag)
  writer.uint32(value)
}

function int32(writer: ProtoWriter, tag: number, value: number): void {
  if (value === 0) return
  writer.uint32(tag)
  writer.int32(value)
}

function uint64(writer: ProtoWriter, tag: number, value: bigint): void {
  if (value === 0n) return
  writer.uint32(tag)
  writer.uint64(value)
}

/** Fields of newer versions that the message came with. */
function unknown(
  writer: ProtoWriter,
  message: { readonly $unknown?: readonly UnknownField[] | undefined },
): void {
  if (message.$unknown === undefined) return
  for (const { no, wireType, data } of message.$unknown) {
    writer.uint32(((no << 3) | wireType) >>> 0)
    writer.raw(data)
  }
}

interface UnknownField {
  readonly no: number
  readonly wireType: number
  readonly data: Uint8Array
}

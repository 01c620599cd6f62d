import { types } from 'node:util'
import type { Any } from '../messages/gen/google-protobuf.js'
import { type ProtoWriter, writeProto } from '../proto/writer.js'
import { isWellFormed } from '../text/text.js'
import { encodeJsValue } from './js-value-encode.js'
import { writeJsonValue } from './json-value-encode.js'
import { anyOf, TYPE_URLS } from './kinds/any.js'
import { refusal } from './kinds/refusal.js'
import { Duration, type NumberKind, TypedNumber } from './kinds/typed-values.js'
import { isJsonNumber, substituteOf } from './kinds/value-kinds.js'
import { encodeMessage, isMessageObject } from './message-value.js'
import { encodePythonArguments, pickledAny } from './pickle/encode-pickle.js'
import { PickledArguments, PickledObject } from './pickle/pickled-object.js'

export interface EncodeValueOptions {
  /**
   * The number type of the schema: `number` encodes 1 as a double too, `integer` refuses 1.5. It does not apply to
   * numbers inside arrays and objects, or to other values.
   */
  readonly as?: 'integer' | 'number' | undefined
  /** Name of the value in messages: `input` gives `input.items[3].callback`. Default `value`. */
  readonly root?: string | undefined
}

const NO_BYTES = new Uint8Array(0)
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n
const UINT64_MAX = 2n ** 64n - 1n

/** The instants that a `google.protobuf.Timestamp` may hold: years 1 to 9999. Epoch milliseconds. */
const TIMESTAMP_MS_MIN = -62_135_596_800_000
const TIMESTAMP_MS_MAX = 253_402_300_799_999

/**
 * The value as it goes over the wire, in the encoding that the SDKs of other languages understand where there is
 * one:
 *
 * | value | message |
 * | --- | --- |
 * | `null` | Empty |
 * | `undefined` | Empty, with a type URL of our own |
 * | boolean, string, `Uint8Array` | BoolValue, StringValue, BytesValue |
 * | number | Int64Value when it is a safe integer, else DoubleValue; see `options.as`, `int`, `uint` and `float` |
 * | bigint | Int64Value, UInt64Value above 2^63−1; refused beyond 64 bits |
 * | `Date`, `Duration` | Timestamp, Duration |
 * | array, plain object, whatever has a `toJSON` | Value when JSON can hold it exactly, else JsValue |
 * | `Map`, `Set`, other typed arrays, text that is not Unicode | JsValue, which only we understand |
 * | generated message, `Any` | itself |
 * | `PickledObject`, `PickledArguments` | Pickled |
 *
 * `undefined` properties are omitted, as in JSON; `undefined` items of an array are kept, in a JsValue.
 *
 * @throws {DispatchError} `invalid_argument` that begins with the path of what cannot be carried.
 */
export function encodeValue(value: unknown, options: EncodeValueOptions = {}): Any {
  switch (typeof value) {
    case 'string':
      return isWellFormed(value)
        ? anyOf(TYPE_URLS.string, value === '' ? NO_BYTES : writeProto(writeText, value))
        : encodeAsJsValue(value, options)
    case 'number':
      return encodeNumber(value, kindOf(value, options.as), options)
    case 'bigint':
      return encodeBigInt(value, options)
    case 'boolean':
      return anyOf(TYPE_URLS.bool, value ? Uint8Array.of(0x08, 1) : NO_BYTES)
    case 'undefined':
      return anyOf(TYPE_URLS.undefined, NO_BYTES)
    case 'object':
      return value === null ? anyOf(TYPE_URLS.empty, NO_BYTES) : encodeObject(value, options)
    default:
      return encodeAsJsValue(value, options)
  }
}

function encodeObject(value: object, options: EncodeValueOptions): Any {
  if (!Array.isArray(value)) {
    if (isMessageObject(value)) return encodeMessage(value, rootOf(options))
    if (types.isUint8Array(value)) {
      return anyOf(TYPE_URLS.bytes, value.length === 0 ? NO_BYTES : writeProto(writeBytes, value))
    }
    if (types.isDate(value) && isTimestamp(value)) {
      return anyOf(TYPE_URLS.timestamp, writeProto(writeTimestamp, value.getTime()))
    }
    if (value instanceof Duration) return anyOf(TYPE_URLS.duration, writeProto(writeDuration, value))
    if (value instanceof TypedNumber) return encodeTypedNumber(value, options)
    if (value instanceof PickledObject) return pickledAny(value.bytes)
    if (value instanceof PickledArguments) return encodePythonArguments(value.args, value.kwargs)
  }
  const substitute = substituteOf(value, '')
  return typeof substitute === 'object' && substitute !== null
    ? encodeData(substitute, options)
    : encodeValue(substitute, options)
}

function encodeData(value: object, options: EncodeValueOptions): Any {
  const output = { isExact: false, value }
  const bytes = writeProto(writeData, output)
  return output.isExact ? anyOf(TYPE_URLS.value, bytes) : encodeAsJsValue(value, options)
}

function encodeAsJsValue(value: unknown, options: EncodeValueOptions): Any {
  return anyOf(TYPE_URLS.jsValue, encodeJsValue(value, rootOf(options)))
}

function kindOf(value: number, as: EncodeValueOptions['as']): NumberKind {
  if (as === 'integer') return 'int'
  return as === undefined && Number.isSafeInteger(value) && isJsonNumber(value) ? 'int' : 'float'
}

function encodeTypedNumber({ kind, value }: TypedNumber, options: EncodeValueOptions): Any {
  if (typeof value === 'number') return encodeNumber(value, kind, options)
  if (kind === 'uint') return anyOf(TYPE_URLS.uint64, integerBytes(value))
  return encodeBigInt(value, options)
}

function encodeNumber(value: number, kind: NumberKind, options: EncodeValueOptions): Any {
  if (kind === 'float') {
    return anyOf(TYPE_URLS.double, Object.is(value, 0) ? NO_BYTES : writeProto(writeDouble, value))
  }
  const typeUrl = kind === 'uint' ? TYPE_URLS.uint64 : TYPE_URLS.int64
  if (Number.isSafeInteger(value)) return anyOf(typeUrl, integerBytes(value))
  const integer = Number.isInteger(value) ? BigInt(value) : undefined
  const isCarried = integer !== undefined && integer <= (kind === 'uint' ? UINT64_MAX : INT64_MAX)
  if (!isCarried || integer < INT64_MIN) {
    throw refusal([rootOf(options)], `expected an integer of 64 bits, got ${value}`)
  }
  return anyOf(typeUrl, integerBytes(integer))
}

function encodeBigInt(value: bigint, options: EncodeValueOptions): Any {
  if (options.as === 'number') {
    if (BigInt(Number(value)) === value) return encodeNumber(Number(value), 'float', options)
    throw refusal(
      [rootOf(options)],
      `expected a number, got the bigint ${value}, which a double does not hold exactly`,
    )
  }
  if (value >= INT64_MIN && value <= INT64_MAX) return anyOf(TYPE_URLS.int64, integerBytes(value))
  if (value > INT64_MAX && value <= UINT64_MAX) return anyOf(TYPE_URLS.uint64, integerBytes(value))
  throw refusal([rootOf(options)], 'expected a bigint of at most 64 bits; pass a larger one as a string')
}

function isTimestamp(value: Date): boolean {
  const ms = value.getTime()
  return ms >= TIMESTAMP_MS_MIN && ms <= TIMESTAMP_MS_MAX
}

function rootOf(options: EncodeValueOptions): string {
  return options.root ?? 'value'
}

function integerBytes(value: number | bigint): Uint8Array {
  if (value > 0 && value < 0x80) return Uint8Array.of(0x08, Number(value))
  return Number(value) === 0 ? NO_BYTES : writeProto(writeInteger, value)
}

function writeText(writer: ProtoWriter, text: string): void {
  writer.byte(0x0a)
  writer.text(text)
}

function writeBytes(writer: ProtoWriter, bytes: Uint8Array): void {
  writer.byte(0x0a)
  writer.bytes(bytes)
}

function writeInteger(writer: ProtoWriter, value: number | bigint): void {
  writer.byte(0x08)
  if (value > INT64_MAX) writer.uint64(value)
  else writer.int64(value)
}

function writeDouble(writer: ProtoWriter, value: number): void {
  writer.byte(0x09)
  writer.double(value)
}

function writeTimestamp(writer: ProtoWriter, ms: number): void {
  const seconds = Math.floor(ms / 1_000)
  writeSecondsAndNanos(writer, seconds, (ms - seconds * 1_000) * 1_000_000)
}

function writeDuration(writer: ProtoWriter, value: Duration): void {
  writeSecondsAndNanos(writer, value.seconds, value.nanos)
}

function writeSecondsAndNanos(writer: ProtoWriter, seconds: number, nanos: number): void {
  if (seconds !== 0) {
    writer.byte(0x08)
    writer.int64(seconds)
  }
  if (nanos !== 0) {
    writer.byte(0x10)
    writer.int32(nanos)
  }
}

function writeData(writer: ProtoWriter, output: { isExact: boolean; readonly value: object }): void {
  output.isExact = writeJsonValue(writer, output.value, 0)
}

import { PickledSchema } from '../messages/gen/dispatch-sdk-python-v1.js'
import {
  type Any,
  BoolValueSchema,
  BytesValueSchema,
  DoubleValueSchema,
  FloatValueSchema,
  Int32ValueSchema,
  Int64ValueSchema,
  StringValueSchema,
  TimestampSchema,
  UInt32ValueSchema,
  UInt64ValueSchema,
  WireDurationSchema,
} from '../messages/gen/google-protobuf.js'
import { TYPE_REGISTRY } from '../messages/type-registry.js'
import { fromBinary } from '../proto/binary.js'
import type { Message, MessageSchema } from '../proto/message.js'
import { DispatchError } from '../statuses/dispatch-error.js'
import { decodeJsValue } from './js-value-decode.js'
import { decodeJsonList, decodeJsonStruct, decodeJsonValue } from './json-value-decode.js'
import { TYPE_URLS, typeNameOf, urlWithoutMark } from './kinds/any.js'
import { malformed } from './kinds/refusal.js'
import { type Duration, durationOf } from './kinds/typed-values.js'
import { decodePickle } from './pickle/decode-pickle.js'

/**
 * The JavaScript value of what came over the wire; no value at all is `null`.
 *
 * | message | value |
 * | --- | --- |
 * | Empty | `null`; `undefined` when this SDK encoded that |
 * | the wrappers of bool, string, bytes, float, double and 32-bit integers | boolean, string, `Uint8Array`, number |
 * | Int64Value, UInt64Value | number when it is a safe integer, else bigint |
 * | Timestamp, Duration | `Date` (which has milliseconds only), `Duration` |
 * | Value, Struct, ListValue | what JSON would give |
 * | JsValue | what was encoded |
 * | Pickled | a Python value when it is of plain types, else a `PickledObject`; nothing is ever executed |
 * | another message of {@link TYPE_REGISTRY} | the message |
 *
 * Only what follows the last slash of the type URL counts. Bytes are copied.
 *
 * @throws {DispatchError} `invalid_argument`, naming the type, when it is not known, when the bytes are not of that
 *   type, or when the value is nested deeper than `VALUE_DEPTH_MAX`.
 */
export function decodeValue(any: Any | undefined): unknown {
  if (any === undefined) return null
  const { value } = any
  const typeUrl = urlWithoutMark(any.typeUrl)
  try {
    const decode = DECODERS_BY_URL.get(typeUrl) ?? DECODERS.get(typeNameOf(typeUrl))
    return decode === undefined ? decodeMessage(typeUrl, value) : decode(value)
  } catch (error) {
    throw malformed(typeNameOf(typeUrl), error)
  }
}

type Decoder = (bytes: Uint8Array) => unknown

const TEXT_DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const DOUBLE_BYTES = new Uint8Array(8)
const DOUBLE = new Float64Array(DOUBLE_BYTES.buffer)

const DECODERS: ReadonlyMap<string, Decoder> = new Map(
  Object.entries<Decoder>({
    'dispatch.sdk.node.v1.JsValue': decodeJsValue,
    'dispatch.sdk.python.v1.Pickled': (bytes) => decodePickle(fromBinary(PickledSchema, bytes).pickledValue),
    'google.protobuf.BoolValue': wrapper(BoolValueSchema),
    'google.protobuf.BytesValue': (bytes) =>
      new Uint8Array(dataOf(bytes) ?? fromBinary(BytesValueSchema, bytes).value),
    'google.protobuf.DoubleValue': decodeDouble,
    'google.protobuf.Duration': decodeDuration,
    'google.protobuf.Empty': () => null,
    'google.protobuf.FloatValue': wrapper(FloatValueSchema),
    'google.protobuf.Int32Value': wrapper(Int32ValueSchema),
    'google.protobuf.Int64Value': (bytes) =>
      shortVarint(bytes) ?? numberIfSafe(fromBinary(Int64ValueSchema, bytes).value),
    'google.protobuf.ListValue': decodeJsonList,
    'google.protobuf.StringValue': decodeString,
    'google.protobuf.Struct': decodeJsonStruct,
    'google.protobuf.Timestamp': decodeTimestamp,
    'google.protobuf.UInt32Value': wrapper(UInt32ValueSchema),
    'google.protobuf.UInt64Value': (bytes) =>
      shortVarint(bytes) ?? numberIfSafe(fromBinary(UInt64ValueSchema, bytes).value),
    'google.protobuf.Value': decodeJsonValue,
  }),
)

/** The URLs that we write ourselves need not be taken apart. */
const DECODERS_BY_URL = new Map(
  Object.values(TYPE_URLS).flatMap((typeUrl): [string, Decoder][] => {
    const decode = typeUrl === TYPE_URLS.undefined ? () => undefined : DECODERS.get(typeNameOf(typeUrl))
    return decode === undefined ? [] : [[typeUrl, decode]]
  }),
)

function decodeMessage(typeUrl: string, bytes: Uint8Array): Message {
  const schema = TYPE_REGISTRY.get(typeNameOf(typeUrl))
  if (schema !== undefined) return fromBinary(schema, bytes)
  throw new DispatchError(
    'invalid_argument',
    typeUrl === ''
      ? 'a value has no type'
      : `a value has the unknown type ${typeNameOf(typeUrl)}; send a type of google.protobuf`,
  )
}

function wrapper(schema: MessageSchema<Message & { readonly value: unknown }>): Decoder {
  return (bytes) => fromBinary(schema, bytes).value
}

/** The content of a message whose only field is number 1, of bytes or text; `undefined` when it has another shape. */
function dataOf(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length === 0) return bytes
  if (bytes[0] !== 0x0a) return undefined
  let length = 0
  let position = 1
  for (let shift = 0; shift <= 21; shift += 7) {
    const byte = bytes[position++] ?? 0x80
    length |= (byte & 0x7f) << shift
    if (byte < 0x80) return position + length === bytes.length ? bytes.subarray(position) : undefined
  }
  return undefined
}

/** As {@link dataOf}, for a varint of up to seven bytes, which a number holds. */
function shortVarint(bytes: Uint8Array): number | undefined {
  if (bytes.length === 0) return 0
  if (bytes[0] !== 0x08 || bytes.length > 8) return undefined
  let value = 0
  let factor = 1
  for (let index = 1; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return index + 1 === bytes.length ? value : undefined
    factor *= 0x80
  }
  return undefined
}

function numberIfSafe(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function decodeString(bytes: Uint8Array): string {
  const data = dataOf(bytes)
  return data === undefined ? fromBinary(StringValueSchema, bytes).value : TEXT_DECODER.decode(data)
}

function decodeDouble(bytes: Uint8Array): number {
  if (bytes.length !== 9 || bytes[0] !== 0x09) return fromBinary(DoubleValueSchema, bytes).value
  for (let index = 0; index < 8; index++) DOUBLE_BYTES[index] = bytes[index + 1] ?? 0
  return DOUBLE[0] ?? 0
}

function decodeTimestamp(bytes: Uint8Array): Date {
  const { seconds, nanos } = fromBinary(TimestampSchema, bytes)
  const date = new Date(Number(seconds) * 1_000 + Math.floor(nanos / 1_000_000))
  if (nanos < 0 || nanos > 999_999_999 || Number.isNaN(date.getTime())) {
    throw new RangeError(`it is out of range: ${seconds} seconds and ${nanos} nanoseconds`)
  }
  return date
}

function decodeDuration(bytes: Uint8Array): Duration {
  const { seconds, nanos } = fromBinary(WireDurationSchema, bytes)
  return durationOf(Number(seconds), nanos)
}

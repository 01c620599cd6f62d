import { fromBinary } from './binary.js'
import {
  DURATION_SECONDS_MAX,
  type Json,
  type JsonOptions,
  specialTypeOf,
  TIMESTAMP_SECONDS_MAX,
  TIMESTAMP_SECONDS_MIN,
  typeOfUrl,
} from './json.js'
import type { Field, Message, MessageSchema } from './message.js'
import { setOwn } from './set-own.js'

/**
 * The message in protobuf's JSON form. Unknown fields are omitted, and so are zero values of fields without presence.
 *
 * @throws {Error} When there is no such form: an `Any` whose type is not in the registry, or a time out of range.
 */
export function toJsonString<Shape extends Message>(
  schema: MessageSchema<Shape>,
  message: Shape,
  options: JsonOptions,
): string {
  return JSON.stringify(toJson(schema, message, options))
}

/** As {@link toJsonString}, before it becomes text. */
export function toJson<Shape extends Message>(
  schema: MessageSchema<Shape>,
  message: Shape,
  options: JsonOptions,
): Json {
  return jsonOf(schema, message as unknown as Properties, options)
}

type Properties = Record<string, unknown>
type Choice = { readonly case: string | undefined; readonly value: unknown }
interface Time {
  readonly seconds: bigint
  readonly nanos: number
}

function jsonOf(schema: MessageSchema, message: unknown, options: JsonOptions): Json {
  switch (specialTypeOf(schema)) {
    case 'Any':
      return jsonOfAny(message as { typeUrl: string; value: Uint8Array }, options)
    case 'Timestamp':
      return jsonOfTimestamp(message as Time)
    case 'Duration':
      return jsonOfDuration(message as Time)
    case 'Value':
      return jsonOfValue((message as { kind: Choice }).kind)
    case 'Struct':
      return jsonOfStruct((message as { fields: Properties }).fields)
    case 'ListValue':
      return (message as { values: { kind: Choice }[] }).values.map(({ kind }) => jsonOfValue(kind))
    case 'wrapper':
      return jsonOfContent(schema.fields[0] as Field, (message as { value: unknown }).value, options)
    default:
      return jsonOfFields(schema, message as Properties, options)
  }
}

function jsonOfFields(
  { fields }: MessageSchema,
  message: Properties,
  options: JsonOptions,
): { [key: string]: Json } {
  const json: { [key: string]: Json } = {}
  for (const field of fields) {
    const { key, oneof, shape } = field
    if (oneof !== undefined) {
      const choice = message[oneof] as Choice
      if (choice.case === key) json[key] = jsonOfContent(field, choice.value, options)
    } else if (shape === 'list') {
      const items = message[key] as readonly unknown[]
      if (items.length > 0) json[key] = items.map((item) => jsonOfContent(field, item, options))
    } else if (!isZero(message[key])) {
      json[key] = jsonOfContent(field, message[key], options)
    }
  }
  return json
}

function isZero(content: unknown): boolean {
  if (typeof content === 'object') return content instanceof Uint8Array && content.length === 0
  return !content && !Object.is(content, -0) && !Number.isNaN(content)
}

function jsonOfContent(field: Field, content: unknown, options: JsonOptions): Json {
  switch (field.kind) {
    case 'message':
      return jsonOf((field.type as () => MessageSchema)(), content, options)
    case 'bytes': {
      const { buffer, byteOffset, byteLength } = content as Uint8Array
      return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
    }
    case 'int64':
    case 'uint64':
      return String(content)
    case 'enum':
      return field.names?.[content as number] ?? (content as number)
    case 'double':
    case 'float':
      return Number.isFinite(content) ? (content as number) : String(content)
    default:
      return content as boolean | number | string
  }
}

function jsonOfAny({ typeUrl, value }: { typeUrl: string; value: Uint8Array }, options: JsonOptions): Json {
  if (typeUrl === '') return {}
  const schema = typeOfUrl(typeUrl, options.registry)
  const content = jsonOf(schema, fromBinary(schema, value), options)
  return specialTypeOf(schema) === undefined
    ? { '@type': typeUrl, ...(content as { [key: string]: Json }) }
    : { '@type': typeUrl, value: content }
}

function jsonOfTimestamp({ seconds, nanos }: Time): string {
  const isInRange = seconds >= TIMESTAMP_SECONDS_MIN && seconds <= TIMESTAMP_SECONDS_MAX
  if (!isInRange || nanos < 0 || nanos > 999_999_999) throw outOfRange('Timestamp', seconds, nanos)
  const text = new Date(Number(seconds) * 1000).toISOString()
  return text.replace('.000Z', `${fractionOf(nanos)}Z`)
}

function jsonOfDuration({ seconds, nanos }: Time): string {
  const isNegative = seconds < 0n || nanos < 0
  const isInRange = seconds <= DURATION_SECONDS_MAX && seconds >= -DURATION_SECONDS_MAX
  const isMixed = isNegative && (seconds > 0n || nanos > 0)
  if (!isInRange || isMixed || Math.abs(nanos) > 999_999_999) throw outOfRange('Duration', seconds, nanos)
  return `${isNegative ? '-' : ''}${seconds < 0n ? -seconds : seconds}${fractionOf(Math.abs(nanos))}s`
}

/** With 3, 6 or 9 digits; none for nothing. */
function fractionOf(nanos: number): string {
  return nanos === 0
    ? ''
    : `.${String(nanos)
        .padStart(9, '0')
        .replace(/(000){1,2}$/, '')}`
}

function outOfRange(name: string, seconds: bigint, nanos: number): Error {
  return new RangeError(`a ${name} of ${seconds} seconds and ${nanos} nanoseconds is out of range`)
}

function jsonOfValue({ case: name, value }: Choice): Json {
  switch (name) {
    case 'nullValue':
      return null
    case 'structValue':
      return jsonOfStruct((value as { fields: Properties }).fields)
    case 'listValue':
      return (value as { values: { kind: Choice }[] }).values.map(({ kind }) => jsonOfValue(kind))
    case 'numberValue':
      if (Number.isFinite(value)) return value as number
      throw new RangeError(`a Value cannot hold the number ${value} in JSON`)
    case undefined:
      throw new TypeError('a Value is empty')
    default:
      return value as boolean | string
  }
}

function jsonOfStruct(fields: Properties): { [key: string]: Json } {
  const json: { [key: string]: Json } = {}
  for (const key of Object.keys(fields))
    setOwn(json, key, jsonOfValue((fields[key] as { kind: Choice }).kind))
  return json
}

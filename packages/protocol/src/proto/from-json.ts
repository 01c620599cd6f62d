import { toBinary } from './binary.js'
import {
  DURATION_SECONDS_MAX,
  type Json,
  type JsonOptions,
  specialTypeOf,
  TIMESTAMP_SECONDS_MAX,
  TIMESTAMP_SECONDS_MIN,
  typeOfUrl,
} from './json.js'
import { jsonScalar, unexpected } from './json-scalar.js'
import type { Field, Message, MessageSchema } from './message.js'
import { setOwn } from './set-own.js'

/** Default maximum nesting depth of messages. */
const DEPTH_MAX = 100

/**
 * The message in a string of protobuf's JSON form. Unknown fields and unknown names of enum values are ignored.
 *
 * @throws {Error} Naming the field, when the string is not JSON or its content does not match the type.
 */
export function fromJsonString<Shape extends Message>(
  schema: MessageSchema<Shape>,
  text: string,
  options: JsonOptions,
): Shape {
  return fromJson(schema, JSON.parse(text) as Json, options)
}

/** As {@link fromJsonString}, after the text has been parsed. */
export function fromJson<Shape extends Message>(
  schema: MessageSchema<Shape>,
  json: Json,
  options: JsonOptions,
): Shape {
  return new JsonReader(options).message(schema, json) as Shape
}

type Properties = Record<string, unknown>
type JsonObject = { readonly [key: string]: Json }

/** Reads one document and tracks its nesting depth. */
class JsonReader {
  private readonly options: JsonOptions
  private depth = 0

  constructor(options: JsonOptions) {
    this.options = options
  }

  message(schema: MessageSchema, json: Json): Message {
    this.enter()
    const message = schema.empty()
    const properties = message as unknown as Properties
    switch (specialTypeOf(schema)) {
      case 'Any':
        this.readAny(wantObject(json, schema.typeName), properties)
        break
      case 'Timestamp':
        readTimestamp(json, properties)
        break
      case 'Duration':
        readDuration(json, properties)
        break
      case 'Value':
        properties.kind = this.kindOfValue(json)
        break
      case 'Struct':
        properties.fields = this.fieldsOfStruct(wantObject(json, schema.typeName))
        break
      case 'ListValue':
        properties.values = wantArray(json, schema.typeName).map((item) => this.value(item))
        break
      case 'wrapper':
        if (json !== null) properties.value = jsonScalar(schema.fields[0] as Field, json, schema.typeName)
        break
      default:
        this.readFields(schema, wantObject(json, schema.typeName), properties)
    }
    this.depth--
    return message
  }

  private enter(): void {
    const { depthMax = DEPTH_MAX } = this.options
    if (++this.depth > depthMax) throw new RangeError(`messages are nested deeper than ${depthMax}`)
  }

  private readFields(schema: MessageSchema, json: JsonObject, message: Properties): void {
    const seen = new Set<string>()
    for (const field of schema.fields) {
      const names = new Set([field.key, field.name])
      for (const name of names) {
        if (!Object.hasOwn(json, name)) continue
        const place = `${schema.typeName}.${field.name}`
        if (seen.has(field.name)) throw new TypeError(`${place}: appears twice, under two names`)
        seen.add(field.name)
        this.readField(field, json[name] as Json, message, seen, place)
      }
    }
  }

  /** `null` stands for nothing, but in a Value. */
  private readField(field: Field, json: Json, message: Properties, seen: Set<string>, place: string): void {
    const { key, oneof, shape } = field
    if (json === null && field.type?.().typeName !== 'google.protobuf.Value') return
    if (oneof !== undefined) {
      const choice = `oneof ${oneof}`
      if (seen.has(choice)) throw new TypeError(`${place}: another field of ${choice} is set as well`)
      seen.add(choice)
      const value = this.content(field, json, place)
      if (value !== undefined) message[oneof] = { case: key, value }
    } else if (shape === 'list') {
      message[key] = wantArray(json, place)
        .map((item) => this.content(field, wantItem(item, place), place))
        .filter((item) => item !== undefined)
    } else {
      message[key] = this.content(field, json, place) ?? message[key]
    }
  }

  /** `undefined` for an enum value that is not known. */
  private content(field: Field, json: Json, place: string): unknown {
    return field.type === undefined ? jsonScalar(field, json, place) : this.message(field.type(), json)
  }

  private readAny(json: JsonObject, any: Properties): void {
    const { '@type': typeUrl, ...content } = json
    if (typeUrl === undefined && Object.keys(content).length === 0) return
    if (typeof typeUrl !== 'string' || typeUrl === '') throw new TypeError('an Any has no "@type"')
    const schema = typeOfUrl(typeUrl, this.options.registry)
    const isSpecial = specialTypeOf(schema) !== undefined && Object.hasOwn(content, 'value')
    const message = this.message(schema, isSpecial ? (content.value as Json) : content)
    any.typeUrl = `type.googleapis.com/${schema.typeName}`
    any.value = toBinary(schema, message)
  }

  private value(json: Json): Message {
    this.enter()
    const kind = this.kindOfValue(json)
    this.depth--
    return { $typeName: 'google.protobuf.Value', kind } as Message
  }

  private kindOfValue(json: Json): { readonly case: string; readonly value: unknown } {
    switch (typeof json) {
      case 'string':
        return { case: 'stringValue', value: json }
      case 'number':
        return { case: 'numberValue', value: json }
      case 'boolean':
        return { case: 'boolValue', value: json }
      default:
        if (json === null) return { case: 'nullValue', value: 0 }
        return Array.isArray(json)
          ? {
              case: 'listValue',
              value: { $typeName: 'google.protobuf.ListValue', values: json.map((item) => this.value(item)) },
            }
          : {
              case: 'structValue',
              value: { $typeName: 'google.protobuf.Struct', fields: this.fieldsOfStruct(json) },
            }
    }
  }

  private fieldsOfStruct(json: JsonObject): Properties {
    const fields: Properties = {}
    for (const key of Object.keys(json)) setOwn(fields, key, this.value(json[key] as Json))
    return fields
  }
}

function readTimestamp(json: Json, time: Properties): void {
  const pattern = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/
  const [, instant, fraction = '', zone] = (typeof json === 'string' && pattern.exec(json)) || []
  const seconds = Date.parse(`${instant}${zone}`) / 1000
  if (!(seconds >= TIMESTAMP_SECONDS_MIN && seconds <= TIMESTAMP_SECONDS_MAX)) {
    throw unexpected('google.protobuf.Timestamp', 'a time of RFC 3339 in the years 1 to 9999', json)
  }
  time.seconds = BigInt(seconds)
  time.nanos = Number(fraction.padEnd(9, '0'))
}

function readDuration(json: Json, time: Properties): void {
  const match = (typeof json === 'string' && /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(json)) || []
  const [, sign, digits = '', fraction = ''] = match
  const seconds = Number(digits)
  if (digits === '' || seconds > DURATION_SECONDS_MAX) {
    throw unexpected('google.protobuf.Duration', 'seconds and an s, such as 1.5s', json)
  }
  const nanos = Number(fraction.padEnd(9, '0'))
  time.seconds = BigInt(sign === '-' ? -seconds : seconds)
  time.nanos = sign === '-' && nanos > 0 ? -nanos : nanos
}

function wantObject(json: Json, place: string): JsonObject {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json
  throw unexpected(place, 'an object', json)
}

function wantArray(json: Json, place: string): readonly Json[] {
  if (Array.isArray(json)) return json
  throw unexpected(place, 'an array', json)
}

function wantItem(json: Json, place: string): Json {
  if (json !== null) return json
  throw unexpected(place, 'no null in the array', json)
}

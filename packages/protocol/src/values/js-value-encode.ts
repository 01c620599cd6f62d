import { types } from 'node:util'
import { VALUE_DEPTH_MAX } from '../bounds/limits.js'
import { setOwn } from '../proto/set-own.js'
import { type ProtoWriter, writeProto } from '../proto/writer.js'
import { describe, keyPart, refusal, textOfPath } from './kinds/refusal.js'
import { Duration } from './kinds/typed-values.js'
import { isJsonNumber, isPlainObject, substituteOf } from './kinds/value-kinds.js'

/** JSON for one value: itself, or `{"$": [tag, …]}`. */
type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/**
 * The bytes of a `dispatch.sdk.node.v1.JsValue`, which holds what JSON cannot. {@link decodeJsValue} gives an equal
 * value back, with these differences: properties without a value are left out, a `Buffer` becomes a `Uint8Array`,
 * an object without a prototype gets the usual one, subclasses become their base, and an object that occurs twice
 * becomes two.
 *
 * | in JavaScript | in the JSON |
 * | --- | --- |
 * | `undefined` (items of arrays, maps and sets) | `["undefined"]` |
 * | `NaN`, `Infinity`, `-Infinity`, `-0` | `["number", "NaN"]` |
 * | bigint | `["bigint", "-ff"]`, hexadecimal: its conversion takes linear time |
 * | Date | `["date", milliseconds]`, `null` for an invalid one |
 * | Duration | `["duration", seconds, nanos]` |
 * | Map | `["map", [[key, value], …]]` |
 * | Set | `["set", [value, …]]` |
 * | typed array, ArrayBuffer, DataView | `["Float64Array", position in chunks]`, little-endian |
 * | an object with a property `$` | `["object", [[key, value], …]]` |
 *
 * @throws {DispatchError} `invalid_argument` with the path of what cannot be carried: functions, symbols, objects of
 *   classes without `toJSON`, circular references, nesting above `VALUE_DEPTH_MAX`.
 */
export function encodeJsValue(value: unknown, root: string): Uint8Array {
  const encoder = new JsValueEncoder(root)
  const json = JSON.stringify(encoder.json(substituteOf(value, '')))
  return writeProto(writeMessage, { json, chunks: encoder.chunks })
}

function writeMessage(writer: ProtoWriter, message: { json: string; chunks: readonly Uint8Array[] }): void {
  writer.byte(0x0a)
  writer.text(message.json)
  for (const chunk of message.chunks) {
    writer.byte(0x12)
    writer.bytes(chunk)
  }
}

/** Walks one value and tracks the path. */
class JsValueEncoder {
  readonly chunks: Uint8Array[] = []
  private readonly path: string[]
  /** The arrays and objects around the current value, outermost first, each at its place in `path`. */
  private readonly around: object[] = []

  constructor(root: string) {
    this.path = [root]
  }

  json(value: unknown): Json {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value
      case 'number':
        return isJsonNumber(value) ? value : tagged('number', Object.is(value, -0) ? '-0' : String(value))
      case 'bigint':
        return tagged('bigint', value.toString(16))
      case 'undefined':
        return tagged('undefined')
      case 'object':
        return value === null ? null : this.jsonOfObject(value)
      default:
        throw refusal(this.path, `a ${typeof value} cannot be carried; leave it out`)
    }
  }

  private jsonOfObject(value: object): Json {
    if (types.isDate(value)) return tagged('date', Number.isNaN(value.getTime()) ? null : value.getTime())
    if (value instanceof Duration) return tagged('duration', value.seconds, value.nanos)
    if (ArrayBuffer.isView(value) || types.isArrayBuffer(value)) return this.jsonOfBytes(value)
    this.enter(value)
    const json = this.jsonOfContainer(value)
    this.around.pop()
    return json
  }

  private jsonOfContainer(value: object): Json {
    if (Array.isArray(value)) return Array.from(value, (item, index) => this.child(`[${index}]`, item, index))
    if (types.isMap(value)) {
      const entries = Array.from(value, ([key, item], index): Json => {
        const part = typeof key === 'string' ? `.get(${JSON.stringify(key)})` : `.values[${index}]`
        return [this.child(`.keys[${index}]`, key, index), this.child(part, item, index)]
      })
      return tagged('map', entries)
    }
    if (types.isSet(value)) {
      return tagged(
        'set',
        Array.from(value, (item, index) => this.child(`.values[${index}]`, item, index)),
      )
    }
    if (isPlainObject(value)) return this.jsonOfProperties(value)
    throw refusal(this.path, `${describe(value)} cannot be carried; ${adviceFor(value)}`)
  }

  private jsonOfProperties(value: Record<string, unknown>): Json {
    const properties: Record<string, Json> = {}
    for (const key of Object.keys(value)) {
      const item = substituteOf(value[key], key)
      if (item !== undefined) setOwn(properties, key, this.inside(keyPart(key), item))
    }
    return Object.hasOwn(properties, '$') ? tagged('object', Object.entries(properties)) : properties
  }

  private jsonOfBytes(value: ArrayBufferView | ArrayBuffer): Json {
    const bytes = ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value)
    this.chunks.push(bytes)
    const kind = types.isTypedArray(value)
      ? value[Symbol.toStringTag]
      : types.isArrayBuffer(value)
        ? 'ArrayBuffer'
        : 'DataView'
    return tagged(kind, this.chunks.length - 1)
  }

  private child(part: string, value: unknown, index: number): Json {
    return this.inside(part, substituteOf(value, String(index)))
  }

  private inside(part: string, value: unknown): Json {
    this.path.push(part)
    const json = this.json(value)
    this.path.pop()
    return json
  }

  private enter(value: object): void {
    const first = this.around.indexOf(value)
    if (first >= 0) {
      const target = textOfPath(this.path.slice(0, first + 1))
      throw refusal(this.path, `a circular structure cannot be carried; this is ${target} again`)
    }
    if (this.around.length >= VALUE_DEPTH_MAX) {
      throw refusal(this.path, `nested deeper than ${VALUE_DEPTH_MAX} arrays and objects`)
    }
    this.around.push(value)
  }
}

function tagged(tag: string, ...rest: Json[]): Json {
  return { $: [tag, ...rest] }
}

function adviceFor(value: object): string {
  return types.isPromise(value) ? 'await it first' : 'pass a plain object, or give its class a toJSON method'
}

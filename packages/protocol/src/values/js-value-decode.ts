import { VALUE_DEPTH_MAX } from '../bounds/limits.js'
import { JsValueSchema } from '../messages/gen/dispatch-sdk-node-v1.js'
import { fromBinary } from '../proto/binary.js'
import { setOwn } from '../proto/set-own.js'
import { durationOf } from './kinds/typed-values.js'

/**
 * The value in the bytes of a `dispatch.sdk.node.v1.JsValue`; see {@link encodeJsValue} for its form.
 *
 * @throws {Error} when the bytes are not a valid message, or its JSON has an unknown tag or is nested deeper than
 *   `VALUE_DEPTH_MAX`.
 */
export function decodeJsValue(bytes: Uint8Array): unknown {
  const { json, chunks } = fromBinary(JsValueSchema, bytes)
  assertJsonDepth(json)
  return revive(JSON.parse(json), chunks, 0)
}

/** Most brackets of the JSON that are open: a map has four (`{"$":["map",[[`), other values two. */
const OPEN_BRACKETS_MAX = VALUE_DEPTH_MAX * 4 + 2

/** Stops before the parser builds millions of nested arrays, which takes seconds and fifty times their bytes. */
function assertJsonDepth(json: string): void {
  let depth = 0
  let isInText = false
  for (let index = 0; index < json.length; index++) {
    const char = json[index]
    if (char === '"') isInText = !isInText
    else if (isInText) index += char === '\\' ? 1 : 0
    else if (char === '[' || char === '{') depth++
    else if (char === ']' || char === '}') depth--
    if (depth > OPEN_BRACKETS_MAX) throw tooDeep()
  }
}

type Chunks = readonly Uint8Array[]

/** Arrays and objects of the parsed JSON are changed in place. */
function revive(json: unknown, chunks: Chunks, depth: number): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return reviveItems(json, chunks, inside(depth))
  if (Object.hasOwn(json, '$')) return reviveTagged(json, chunks, depth)
  const properties = json as Record<string, unknown>
  const innerDepth = inside(depth)
  for (const key of Object.keys(properties)) {
    // An own property named __proto__, which JSON.parse makes, is assigned as any other.
    properties[key] = revive(properties[key], chunks, innerDepth)
  }
  return properties
}

function reviveItems(items: unknown[], chunks: Chunks, depth: number): unknown[] {
  for (let index = 0; index < items.length; index++) items[index] = revive(items[index], chunks, depth)
  return items
}

function reviveTagged(json: object, chunks: Chunks, depth: number): unknown {
  const { $: parts } = json as { $: unknown }
  if (!Array.isArray(parts) || Object.keys(json).length !== 1)
    throw new TypeError('an object has a property $')
  const [tag, first, second] = parts as [unknown, unknown, unknown]
  switch (tag) {
    case 'undefined':
      return undefined
    case 'number':
      return Number(wantMatch(first, /^(NaN|-?Infinity|-0)$/, tag))
    case 'bigint':
      return bigintOf(wantMatch(first, /^-?[0-9a-f]+$/, tag))
    case 'date':
      return new Date(first === null ? Number.NaN : wantNumber(first, tag))
    case 'duration':
      return durationOf(wantNumber(first, tag), wantNumber(second, tag))
    case 'set':
      return new Set(reviveItems(wantArray(first, tag), chunks, inside(depth)))
    case 'map':
      return new Map(reviveEntries(first, tag, chunks, inside(depth)))
    case 'object': {
      const properties: Record<string, unknown> = {}
      for (const [key, value] of reviveEntries(first, tag, chunks, inside(depth))) {
        setOwn(properties, wantMatch(key, /^/, tag), value)
      }
      return properties
    }
    default:
      return bytesOf(String(tag), chunks[wantNumber(first, String(tag))])
  }
}

function reviveEntries(entries: unknown, tag: string, chunks: Chunks, depth: number): [unknown, unknown][] {
  return wantArray(entries, tag).map((entry) => {
    const [key, value] = wantArray(entry, tag)
    return [revive(key, chunks, depth), revive(value, chunks, depth)]
  })
}

function bigintOf(hexadecimal: string): bigint {
  return hexadecimal.startsWith('-') ? -BigInt(`0x${hexadecimal.slice(1)}`) : BigInt(`0x${hexadecimal}`)
}

const BINARY_KINDS = new Map<string, { new (buffer: ArrayBuffer): unknown } | undefined>(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    BigInt64Array,
    BigUint64Array,
    Float32Array,
    Float64Array,
    DataView,
  ].map((kind) => [kind.name, kind]),
)

/** The chunk, copied, as what it was. The constructors throw when its length does not fit. */
function bytesOf(kind: string, chunk: Uint8Array | undefined): unknown {
  const BinaryKind = BINARY_KINDS.get(kind)
  if (BinaryKind === undefined && kind !== 'ArrayBuffer') throw new TypeError(`a value has the tag ${kind}`)
  if (chunk === undefined) throw new TypeError(`the bytes of a ${kind} are missing`)
  const { buffer } = new Uint8Array(chunk)
  return BinaryKind === undefined ? buffer : new BinaryKind(buffer)
}

function inside(depth: number): number {
  if (depth >= VALUE_DEPTH_MAX) throw tooDeep()
  return depth + 1
}

function tooDeep(): RangeError {
  return new RangeError(`nested deeper than ${VALUE_DEPTH_MAX} arrays and objects`)
}

function wantArray(value: unknown, tag: string): unknown[] {
  if (Array.isArray(value)) return value
  throw new TypeError(`expected the content of a ${tag} to be an array`)
}

function wantNumber(value: unknown, tag: string): number {
  if (typeof value === 'number') return value
  throw new TypeError(`expected the content of a ${tag} to be a number`)
}

function wantMatch(value: unknown, pattern: RegExp, tag: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value
  throw new TypeError(`the content of a ${tag} is ${JSON.stringify(value)}`)
}

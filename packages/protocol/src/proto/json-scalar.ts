import { isWellFormed } from '../text/text.js'
import type { Json } from './json.js'
import type { Field, FieldKind } from './message.js'

/**
 * The value of a scalar field from its JSON. Numbers may be given as strings.
 *
 * @param place - Begins messages: `dispatch.sdk.v1.Call.endpoint`.
 * @returns `undefined` for the name of an enum value that is not known.
 */
export function jsonScalar(field: Field, json: Json, place: string): unknown {
  switch (field.kind) {
    case 'string':
      if (typeof json === 'string' && isWellFormed(json)) return json
      throw unexpected(place, 'a string', json)
    case 'bool':
      if (typeof json === 'boolean') return json
      throw unexpected(place, 'true or false', json)
    case 'bytes':
      return bytesOf(json, place)
    case 'enum':
      return numberOfEnum(field, json, place)
    case 'double':
    case 'float':
      return floatOf(json, field.kind, place)
    default:
      return integerOf(json, field.kind, place)
  }
}

/** An error with what was expected and the beginning of what was given. */
export function unexpected(place: string, what: string, json: Json): Error {
  const text = JSON.stringify(json)
  return new TypeError(`${place}: expected ${what}, got ${text.length > 40 ? `${text.slice(0, 40)}…` : text}`)
}

function bytesOf(json: Json, place: string): Uint8Array {
  const isBase64 = typeof json === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(json)
  if (isBase64 && json.replace(/=+$/, '').length % 4 !== 1) return new Uint8Array(Buffer.from(json, 'base64'))
  throw unexpected(place, 'base64', json)
}

function numberOfEnum({ names = {} }: Field, json: Json, place: string): number | undefined {
  if (typeof json === 'number') return Number(integerOf(json, 'int32', place))
  if (typeof json !== 'string') throw unexpected(place, 'the name or the number of an enum value', json)
  const entry = Object.entries(names).find(([, name]) => name === json)
  return entry === undefined ? undefined : Number(entry[0])
}

function floatOf(json: Json, kind: 'double' | 'float', place: string): number {
  if (json === 'NaN' || json === 'Infinity' || json === '-Infinity') return Number(json)
  const isNumeric = typeof json === 'number' || (typeof json === 'string' && /^\S+$/.test(json))
  const value = isNumeric ? Number(json) : Number.NaN
  if (Number.isFinite(kind === 'float' ? Math.fround(value) : value)) return value
  throw unexpected(place, `a ${kind}`, json)
}

const RANGES = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const satisfies Partial<Record<FieldKind, readonly [bigint, bigint]>>

/** Accepts a string too, and a number with an exponent whose value is an integer. */
function integerOf(json: Json, kind: FieldKind, place: string): number | bigint {
  const [min, max] = RANGES[kind as keyof typeof RANGES]
  const value = bigintOf(json)
  if (value === undefined || value < min || value > max) throw unexpected(place, `an ${kind}`, json)
  return kind === 'int32' || kind === 'uint32' ? Number(value) : value
}

function bigintOf(json: Json): bigint | undefined {
  if (typeof json === 'string' && /^-?\d{1,20}$/.test(json)) return BigInt(json)
  const number = typeof json === 'string' && /^\S+$/.test(json) ? Number(json) : json
  return typeof number === 'number' && Number.isSafeInteger(number) ? BigInt(number) : undefined
}

import { types } from 'node:util'
import { Duration, TypedNumber } from './typed-values.js'

/**
 * Whether `value` is data and nothing else: an object literal, or one without a prototype. Literals of another
 * realm (a `vm` context, as test runners use) count too.
 */
export function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Whether the number survives JSON: not `NaN`, not infinite, not −0. */
export function isJsonNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0)
}

/**
 * What is carried in the place of `value`: what its `toJSON` gives, or the number of a typed number (inside arrays
 * and objects its type is lost). As in JSON, what a `toJSON` gives is data whatever its class, and is not asked
 * again.
 *
 * @param key - Name of the property or index of the item; empty for the value as a whole.
 */
export function substituteOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  if (typeof (value as { toJSON?: unknown }).toJSON !== 'function') {
    return value instanceof TypedNumber ? value.value : value
  }
  if (isCarriedAsItself(value)) return value
  const given = (value as { toJSON(key: string): unknown }).toJSON(key)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given
  return isPlainObject(given) || isCarriedAsItself(given) ? given : { ...given }
}

/** Whether the wire has a form for objects of this kind, so that their `toJSON` is not asked. */
function isCarriedAsItself(value: object): boolean {
  return (
    types.isDate(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    ArrayBuffer.isView(value) ||
    value instanceof Duration
  )
}

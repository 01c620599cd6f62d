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
 * The value that is encoded in place of `value`: the result of its `toJSON`, or the number of a typed number (whose type
 * is lost inside arrays and objects). As in JSON, the result of a `toJSON` is treated as data whatever its class, and
 * its own `toJSON` is not called.
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

/** Prototypes of objects that arrive as what they were. Buffers do not: they arrive as a `Uint8Array`. */
const PROTOTYPES: ReadonlySet<unknown> = new Set(
  [
    Date,
    ArrayBuffer,
    DataView,
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].map((type) => type.prototype),
)

/** Deeper values are not looked at. */
const DEPTH_MAX = 100

/**
 * Whether a value is equal to what `decodeValue` makes of its encoding: plain data, without classes and functions. False
 * also for what is nested deeper than 100 levels.
 */
export function isCarriedExactly(value: unknown, depth = 0): boolean {
  if (typeof value === 'function' || typeof value === 'symbol' || depth > DEPTH_MAX) return false
  if (typeof value !== 'object' || value === null) return true
  const isInside = (inner: unknown): boolean => isCarriedExactly(inner, depth + 1)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Array.prototype) return (value as unknown[]).every(isInside)
  if (prototype === Object.prototype || prototype === null) return Object.values(value).every(isInside)
  if (prototype === Map.prototype) return [...(value as Map<unknown, unknown>)].every(isInside)
  if (prototype === Set.prototype) return [...(value as Set<unknown>)].every(isInside)
  return PROTOTYPES.has(prototype)
}

import { parseDuration } from '../../text/duration.js'

const BRAND = Symbol.for('dispatch.typedValue')

/** Longest `google.protobuf.Duration`: about 10,000 years. Seconds. */
const DURATION_SECONDS_MAX = 315_576_000_000

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n
const UINT64_MAX = 2n ** 64n - 1n

/** The wire type of a number, for peers that distinguish 1 from 1.0. */
export type NumberKind = 'int' | 'uint' | 'float'

/** A number with an explicit wire type. Created by {@link int}, {@link uint} and {@link float}. */
export class TypedNumber {
  readonly kind: NumberKind
  readonly value: number | bigint

  /** @internal */
  constructor(kind: NumberKind, value: number | bigint) {
    this.kind = kind
    this.value = value
    Object.defineProperty(this, BRAND, { value: 'number' })
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return brandOf(value) === 'number'
  }
}

/** A span of time, exact to the nanosecond. Both parts have the same sign. Made by {@link duration}. */
export class Duration {
  readonly seconds: number
  readonly nanos: number

  /** @internal */
  constructor(seconds: number, nanos: number) {
    this.seconds = seconds
    this.nanos = nanos
    Object.defineProperty(this, BRAND, { value: 'duration' })
  }

  /** Milliseconds, possibly with a fraction. */
  get ms(): number {
    return this.seconds * 1_000 + this.nanos / 1_000_000
  }

  /** Seconds as decimal text, such as `1.5s`: protobuf's JSON form. */
  toString(): string {
    const sign = this.seconds < 0 || this.nanos < 0 ? '-' : ''
    const fraction = String(Math.abs(this.nanos)).padStart(9, '0').replace(/0+$/, '')
    return `${sign}${Math.abs(this.seconds)}${fraction === '' ? '' : `.${fraction}`}s`
  }

  toJSON(): string {
    return this.toString()
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return brandOf(value) === 'duration'
  }
}

/** A signed 64-bit integer: a Go `int`. @throws {TypeError} when `value` is not an integer of that range. */
export function int(value: number | bigint): TypedNumber {
  return new TypedNumber('int', integerIn(value, INT64_MIN, INT64_MAX, 'int'))
}

/** An unsigned 64-bit integer: a Go `uint64`. @throws {TypeError} when `value` is not an integer of that range. */
export function uint(value: number | bigint): TypedNumber {
  return new TypedNumber('uint', integerIn(value, 0n, UINT64_MAX, 'uint'))
}

/** A double, also when it is integral: a Go `float64`. */
export function float(value: number): TypedNumber {
  if (typeof value !== 'number') throw new TypeError(`float(value): expected a number, got ${String(value)}`)
  return new TypedNumber('float', value)
}

/**
 * A duration that other languages receive as one.
 *
 * @param value - Milliseconds (may be negative or have a fraction), text such as `'1.5s'`, or seconds and
 *   nanoseconds of the same sign.
 * @throws {TypeError} when it is not a duration or longer than 10,000 years.
 */
export function duration(
  value: number | string | { readonly seconds: number; readonly nanos?: number },
): Duration {
  if (typeof value === 'object' && value !== null) return durationOf(value.seconds, value.nanos ?? 0)
  const ms =
    typeof value === 'number' && value < 0
      ? -parseDuration(-value, 'duration')
      : parseDuration(value, 'duration')
  const seconds = Math.trunc(ms / 1_000)
  const nanos = Math.round((ms - seconds * 1_000) * 1_000_000)
  const carry = Math.trunc(nanos / 1_000_000_000)
  return durationOf(seconds + carry, nanos - carry * 1_000_000_000)
}

/** A duration of these parts. @throws {TypeError} when they are out of range or of different signs. */
export function durationOf(seconds: number, nanos: number): Duration {
  if (
    !Number.isInteger(seconds) ||
    !Number.isInteger(nanos) ||
    Math.abs(seconds) > DURATION_SECONDS_MAX ||
    Math.abs(nanos) > 999_999_999 ||
    seconds * nanos < 0
  ) {
    throw new TypeError(
      `duration: expected whole seconds within ±${DURATION_SECONDS_MAX} and nanos within ±999999999 of the same ` +
        `sign, got ${seconds} and ${nanos}`,
    )
  }
  return new Duration(seconds + 0, nanos + 0)
}

function brandOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<symbol, unknown>)[BRAND] : undefined
}

function integerIn(value: number | bigint, min: bigint, max: bigint, name: string): number | bigint {
  const integer = typeof value === 'bigint' ? value : Number.isInteger(value) ? BigInt(value) : undefined
  if (integer !== undefined && integer >= min && integer <= max) return value
  throw new TypeError(`${name}(value): expected an integer from ${min} to ${max}, got ${String(value)}`)
}

import { type FailureStatus, isStatus } from '@dispatch/protocol'
import { describeValue } from '@dispatch/protocol/text'

/**
 * Checks of options. Each takes the value of an optional option and its place, with which messages begin, such as
 * `func('charge'): options.attemptsMax`.
 */

/** @throws {TypeError} When there is a value and it is not the name of a failure status. */
export function checkFailureStatus(value: unknown, place: string): FailureStatus | undefined {
  if (value === undefined) return undefined
  if (isStatus(value) && value !== 'ok') return value
  throw new TypeError(`${place}: expected a failure status such as 'temporary', got ${describeValue(value)}`)
}

/** @throws {TypeError} When there is a value and it is not `true` or `false`. */
export function checkBoolean(value: unknown, place: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw new TypeError(`${place}: expected true or false, got ${describeValue(value)}`)
}

/** @throws {TypeError} When there is a value and it is not a string, or is an empty one. */
export function checkString(value: unknown, place: string): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(`${place}: expected a non-empty string, got ${describeValue(value)}`)
}

/** @throws {TypeError} When there is a value and it is not an array. */
export function checkArray(value: unknown, place: string, what: string): readonly unknown[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  throw new TypeError(`${place}: expected an array of ${what}, got ${describeValue(value)}`)
}

/** @throws {TypeError} When there is a value and it cannot be iterated over. A string is refused, too. */
export function checkIterable<T>(
  value: Iterable<T> | undefined,
  place: string,
  what: string,
): Iterable<T> | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'object' && typeof value?.[Symbol.iterator] === 'function') return value
  throw new TypeError(`${place}: expected an array of ${what}, got ${describeValue(value)}`)
}

/** @throws {TypeError} When there is a value and it does not have these methods. */
export function checkMethods<T>(value: T, methods: readonly string[], place: string, what: string): T {
  const has = (name: string) => typeof (value as Record<string, unknown> | null)?.[name] === 'function'
  if (value === undefined || methods.every(has)) return value
  throw new TypeError(`${place}: expected ${what}, got ${describeValue(value)}`)
}

/** @throws {TypeError} When the value is not a non-empty string. */
export function checkDispatchId(value: unknown, place: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(`${place}: expected the dispatch id of a call, got ${describeValue(value)}`)
}

/** @throws {TypeError} When the value is none of the choices. */
export function checkChoice<Choice extends string>(
  value: unknown,
  place: string,
  choices: readonly Choice[],
): Choice {
  if (choices.includes(value as Choice)) return value as Choice
  const quoted = choices.map((choice) => `'${choice}'`)
  const listed = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
  throw new TypeError(`${place}: expected ${listed}, got ${describeValue(value)}`)
}

import { type FailureStatus, isStatus } from '@dispatch/protocol'
import { describeValue } from '@dispatch/protocol/text'

/**
 * Checks of what programmers pass. Each takes the value of an optional option and the place that messages name, such
 * as `func('charge'): options.attemptsMax`.
 */

/** @throws {TypeError} When there is a value and it is not the name of a failure status. */
export function checkFailureStatus(value: unknown, place: string): FailureStatus | undefined {
  if (value === undefined) return undefined
  if (isStatus(value) && value !== 'ok') return value
  throw new TypeError(`${place}: wanted a failure status such as 'temporary', got ${describeValue(value)}`)
}

/** @throws {TypeError} When there is a value and it is not `true` or `false`. */
export function checkBoolean(value: unknown, place: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw new TypeError(`${place}: wanted true or false, got ${describeValue(value)}`)
}

/** @throws {TypeError} When there is a value and it is not a text with something in it. */
export function checkText(value: unknown, place: string): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(`${place}: wanted a text that is not empty, got ${describeValue(value)}`)
}

/** @throws {TypeError} When there is a value and it is not an object. */
export function checkObject(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (value === undefined) return {}
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw new TypeError(`${place}: wanted an object, got ${describeValue(value)}`)
}

import { types } from 'node:util'
import { parseDate, parseDuration } from '@dispatch/protocol/text'

/**
 * Milliseconds from now until the end of a duration, or until a date; at least `pastMs`, which a date in the past gives.
 * `undefined` for `undefined`.
 *
 * @throws {TypeError} Naming the option, when it is neither.
 */
export function parseTimeFromNow(value: unknown, place: string, pastMs = 0): number | undefined {
  if (value === undefined) return undefined
  if (!types.isDate(value)) return Math.round(parseDuration(value as number | string, place))
  // The clock of the caller, who may have replaced it for a test.
  return Math.max(pastMs, parseDate(value, place) - Date.now())
}

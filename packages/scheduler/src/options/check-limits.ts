import { checkInteger } from '@dispatch/protocol/text'
import { TIMER_MS_MAX } from '../time/clock.js'

interface Range {
  readonly min: number
  readonly max: number
}

/** A range for each option that is a number. */
export type Limits<Options> = {
  readonly [Name in keyof Options as NonNullable<Options[Name]> extends number ? Name : never]-?: Range
}

export const COUNT: Range = { min: 1, max: Number.MAX_SAFE_INTEGER }

/** Milliseconds that a timer waits for. */
export const TIME: Range = { min: 1, max: TIMER_MS_MAX }

/** Quantities that may be 0; milliseconds that are only added and compared. */
export const SPAN: Range = { min: 0, max: Number.MAX_SAFE_INTEGER }

/**
 * Checks the numeric options; absent ones keep their defaults.
 *
 * @param place - Prefix of the option's name in messages.
 * @throws {TypeError} Naming the option, the value and the range, when it is not an integer in its range.
 */
export function checkLimits<Options>(options: Options, limits: Limits<Options>, place = 'option '): void {
  for (const [name, range] of Object.entries(limits))
    checkInteger(options[name as keyof Options], place + name, range as Range)
}

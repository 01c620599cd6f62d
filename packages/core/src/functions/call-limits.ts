import { checkInteger, parseDuration } from '@dispatch/protocol/text'

/** Limits of the calls of a function, which one call may set for itself. */
export interface CallLimits {
  readonly expirationMs: number | undefined
  readonly attemptsMax: number | undefined
  readonly giveUpAfterMs: number | undefined
  readonly runTimeoutMs: number | undefined
  readonly priority: number | undefined
}

const PRIORITY_MAX = 1_000

/** Counters on the wire are uint32. */
export const COUNT_MAX = 2 ** 32 - 1

/**
 * @param place - Names the options in messages: `func('charge'): options`.
 * @throws {TypeError} Naming the option, its value and the fix.
 */
export function parseCallLimits(
  options: {
    readonly expiration?: unknown
    readonly attemptsMax?: unknown
    readonly giveUpAfter?: unknown
    readonly runTimeout?: unknown
    readonly priority?: unknown
  },
  place: string,
): CallLimits {
  return {
    expirationMs: parseOptionalDuration(options.expiration, `${place}.expiration`),
    attemptsMax: checkInteger(options.attemptsMax, `${place}.attemptsMax`, { min: 1, max: COUNT_MAX }),
    giveUpAfterMs: parseOptionalDuration(options.giveUpAfter, `${place}.giveUpAfter`),
    runTimeoutMs: parseOptionalDuration(options.runTimeout, `${place}.runTimeout`),
    priority: checkInteger(options.priority, `${place}.priority`, { min: -PRIORITY_MAX, max: PRIORITY_MAX }),
  }
}

function parseOptionalDuration(value: unknown, place: string): number | undefined {
  return value === undefined ? undefined : Math.round(parseDuration(value as number | string, place))
}

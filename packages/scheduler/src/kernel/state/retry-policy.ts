import { describeValue } from '@dispatch/protocol/text'
import { checkLimits, type Limits, SPAN } from '../../options/check-limits.js'

/** How long a failed call waits before it is retried, and when it is given up. */
export interface RetryPolicy {
  readonly delayMsMin: number
  readonly delayMsMax: number
  /** A call that has made no progress for this long is done with its last status. */
  readonly giveUpAfterMs: number
  /** How long a call of a function unknown to its endpoint is retried: a rolling deploy takes minutes. */
  readonly unknownFunctionMsMax: number
}

/** The default policy. */
export const RETRY_POLICY: RetryPolicy = {
  delayMsMin: 500,
  delayMsMax: 300_000,
  giveUpAfterMs: 86_400_000,
  unknownFunctionMsMax: 600_000,
}

const RETRY_LIMITS: Limits<RetryPolicy> = {
  delayMsMin: SPAN,
  delayMsMax: SPAN,
  giveUpAfterMs: SPAN,
  unknownFunctionMsMax: SPAN,
}

/** @throws {TypeError} Naming the field of option `retryPolicy` that is missing or out of range. */
export function checkRetryPolicy(policy: RetryPolicy | undefined): void {
  if (policy === undefined) return
  const missing = Object.keys(RETRY_LIMITS).find((name) => policy?.[name as keyof RetryPolicy] === undefined)
  if (missing !== undefined) {
    throw new TypeError(
      'option retryPolicy: expected { ...RETRY_POLICY } with some fields changed, got ' +
        `${describeValue(policy)} without ${missing}`,
    )
  }
  checkLimits(policy, RETRY_LIMITS, 'option retryPolicy.')
}

/** Longest `Retry-After` that is honoured. */
export const RETRY_AFTER_MS_MAX = 3_600_000

/**
 * Milliseconds to wait after a failed attempt: exponential with full jitter, so that calls that failed together are not
 * retried together.
 *
 * @param attempts - Attempts that have ended, counted from 1.
 * @param roll - Uniform in [0, 1).
 * @param floorMs - From `Retry-After`; the wait is never shorter.
 */
export function retryDelayMs(policy: RetryPolicy, attempts: number, roll: number, floorMs: number): number {
  const ceilingMs = Math.min(policy.delayMsMax, policy.delayMsMin * 2 ** Math.min(attempts - 1, 32))
  return Math.max(floorMs, Math.floor(ceilingMs * roll))
}

/** The longest wait that {@link retryDelayMs} returns. */
export function retryDelayMsMax(policy: RetryPolicy): number {
  return Math.max(policy.delayMsMax, RETRY_AFTER_MS_MAX)
}

/** A call after an attempt that failed with a retryable status. */
export interface FailedCall {
  /** Attempts that have ended, this one included. */
  readonly attempts: number
  /** 0: no limit. */
  readonly attemptsMax: number
  /** 0: that of the policy. */
  readonly giveUpAfterMs: number
  /** When it last made progress. Epoch milliseconds, like all instants here. */
  readonly progressAtMs: number
  /** From `Retry-After`. */
  readonly floorMs: number
  /** It is due again at this time at the latest. */
  readonly latestMs: number
  readonly nowMs: number
  /** Uniform in [0, 1). */
  readonly roll: number
}

/** When the call is retried; `undefined` when it is given up: its attempts or its time are used up (K7). */
export function retryAtMs(policy: RetryPolicy, call: FailedCall): number | undefined {
  const { attempts, attemptsMax, nowMs } = call
  if (attemptsMax > 0 && attempts >= attemptsMax) return undefined
  const dueAtMs = Math.min(nowMs + retryDelayMs(policy, attempts, call.roll, call.floorMs), call.latestMs)
  const giveUpAfterMs = call.giveUpAfterMs || policy.giveUpAfterMs
  return dueAtMs - call.progressAtMs > giveUpAfterMs ? undefined : dueAtMs
}

import { describeValue } from '@dispatch/protocol/text'
import { checkLimits, type Limits, SPAN } from '../options/check-limits.js'

/** How long a call that failed waits before it is tried again. */
export interface RetryPolicy {
  readonly delayMsMin: number
  readonly delayMsMax: number
  /** A call that has got no further for this long is done with its last status. */
  readonly giveUpAfterMs: number
  /** An endpoint that does not know a function is asked again for this long: a rolling deploy takes minutes. */
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

/** @throws {TypeError} Naming the field of option `retryPolicy` that is missing or out of its range. */
export function checkRetryPolicy(policy: RetryPolicy | undefined): void {
  if (policy === undefined) return
  const missing = Object.keys(RETRY_LIMITS).find((name) => policy?.[name as keyof RetryPolicy] === undefined)
  if (missing !== undefined) {
    throw new TypeError(
      'option retryPolicy: wanted RETRY_POLICY with some of its parts changed, got ' +
        `${describeValue(policy)} without ${missing}`,
    )
  }
  checkLimits(policy, RETRY_LIMITS, 'option retryPolicy.')
}

/** A dependency that asks for more patience than this is not believed. */
export const RETRY_AFTER_MS_MAX = 3_600_000

/**
 * Milliseconds to wait after an attempt that failed: exponential with full jitter, so that calls that failed
 * together do not come back together.
 *
 * @param attempts - Attempts that have ended, counted from 1.
 * @param roll - Uniform in [0, 1).
 * @param floorMs - What `Retry-After` asked for; the wait is never shorter.
 */
export function retryDelayMs(policy: RetryPolicy, attempts: number, roll: number, floorMs: number): number {
  const ceilingMs = Math.min(policy.delayMsMax, policy.delayMsMin * 2 ** Math.min(attempts - 1, 32))
  return Math.max(floorMs, Math.floor(ceilingMs * roll))
}

/** The longest time for which {@link retryDelayMs} makes a call wait. */
export function retryDelayMsMax(policy: RetryPolicy): number {
  return Math.max(policy.delayMsMax, RETRY_AFTER_MS_MAX)
}

/** A call one of whose attempts has failed in a way that may pass. */
export interface FailedCall {
  /** Attempts that have ended, this one included. */
  readonly attempts: number
  /** 0: as many as there is time for. */
  readonly attemptsMax: number
  /** 0: as the policy has it. */
  readonly giveUpAfterMs: number
  /** When it last got further. Epoch milliseconds, as all instants here. */
  readonly progressAtMs: number
  /** What `Retry-After` asked for. */
  readonly floorMs: number
  /** It is due again no later than this. */
  readonly latestMs: number
  readonly nowMs: number
  /** Uniform in [0, 1). */
  readonly roll: number
}

/** When the call is tried again; `undefined` when it is given up: its attempts or its time are used up (K7). */
export function retryAtMs(policy: RetryPolicy, call: FailedCall): number | undefined {
  const { attempts, attemptsMax, nowMs } = call
  if (attemptsMax > 0 && attempts >= attemptsMax) return undefined
  const dueAtMs = Math.min(nowMs + retryDelayMs(policy, attempts, call.roll, call.floorMs), call.latestMs)
  const giveUpAfterMs = call.giveUpAfterMs || policy.giveUpAfterMs
  return dueAtMs - call.progressAtMs > giveUpAfterMs ? undefined : dueAtMs
}

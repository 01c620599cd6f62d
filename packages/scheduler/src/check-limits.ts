import { checkInteger, describeValue } from '@dispatch/protocol'
import type { RetryPolicy } from './kernel/retry-policy.js'
import type { SchedulerOptions } from './scheduler.js'
import type { RequestLimits } from './service/request-room.js'
import { TIMER_MS_MAX } from './time/clock.js'
import type { HttpTransportOptions } from './transport/http-transport.js'

const COUNT = { min: 1, max: Number.MAX_SAFE_INTEGER }
const TIME = { min: 1, max: TIMER_MS_MAX }

/** Milliseconds that are added and compared, and that no timer waits for. */
const SPAN = { ...COUNT, min: 0 }

type Limits<Options> = {
  readonly [Name in keyof Options as NonNullable<Options[Name]> extends number ? Name : never]-?: {
    readonly min: number
    readonly max: number
  }
}

const SCHEDULER_LIMITS: Limits<SchedulerOptions> = {
  liveCallsMax: COUNT,
  liveBytesMax: COUNT,
  unacknowledgedCallsMax: COUNT,
  unacknowledgedBytesMax: COUNT,
  waitersMax: COUNT,
  cacheBytesMax: { ...COUNT, min: 0 },
  runBytesMax: COUNT,
  runMsMax: TIME,
  retentionMs: SPAN,
}

const REQUEST_LIMITS: Limits<RequestLimits & { bodyBytesMax?: number }> = {
  requestsMax: COUNT,
  requestBytesMax: COUNT,
  bodyBytesMax: COUNT,
  bodyMsMax: TIME,
  answerMsMax: TIME,
}

const TRANSPORT_LIMITS: Limits<HttpTransportOptions> = {
  runMsMax: TIME,
  bodyBytesMax: COUNT,
  runsPerRequestMax: COUNT,
}

const RETRY_LIMITS: Limits<RetryPolicy> = {
  delayMsMin: SPAN,
  delayMsMax: SPAN,
  giveUpAfterMs: SPAN,
  unknownFunctionMsMax: SPAN,
}

/** @throws {TypeError} Naming the limit, when it is not a whole number or out of its range. */
export function checkSchedulerLimits(options: Partial<SchedulerOptions>): void {
  check(options, SCHEDULER_LIMITS)
  checkRetryPolicy(options.retryPolicy)
}

/** @throws {TypeError} As {@link checkSchedulerLimits}. */
export function checkRequestLimits(options: RequestLimits & { readonly bodyBytesMax?: number }): void {
  check(options, REQUEST_LIMITS)
}

/** @throws {TypeError} As {@link checkSchedulerLimits}. */
export function checkTransportLimits(options: HttpTransportOptions): void {
  check(options, TRANSPORT_LIMITS)
}

function checkRetryPolicy(policy: RetryPolicy | undefined): void {
  if (policy === undefined) return
  const missing = Object.keys(RETRY_LIMITS).find((name) => policy?.[name as keyof RetryPolicy] === undefined)
  if (missing !== undefined) {
    throw new TypeError(
      'option retryPolicy: wanted RETRY_POLICY with some of its parts changed, got ' +
        `${describeValue(policy)} without ${missing}`,
    )
  }
  check(policy, RETRY_LIMITS, 'option retryPolicy.')
}

function check<Options>(options: Options, limits: Limits<Options>, place = 'option '): void {
  for (const [name, range] of Object.entries(limits))
    checkInteger(options[name as keyof Options], place + name, range as { min: number; max: number })
}

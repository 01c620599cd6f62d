import { checkInteger } from '@dispatch/protocol'
import type { SchedulerOptions } from './scheduler.js'
import type { RequestLimits } from './service/request-room.js'

/** The longest delay that Node's timers know. */
const TIMER_MS_MAX = 2 ** 31 - 1

const COUNT = { min: 1, max: Number.MAX_SAFE_INTEGER }
const TIME = { min: 1, max: TIMER_MS_MAX }

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
  retentionMs: { ...COUNT, min: 0 },
}

const REQUEST_LIMITS: Limits<RequestLimits & { bodyBytesMax?: number }> = {
  requestsMax: COUNT,
  requestBytesMax: COUNT,
  bodyBytesMax: COUNT,
  bodyMsMax: TIME,
  answerMsMax: TIME,
}

/** @throws {TypeError} Naming the limit, when it is not a whole number or out of its range. */
export function checkSchedulerLimits(options: Partial<SchedulerOptions>): void {
  check(options, SCHEDULER_LIMITS)
}

/** @throws {TypeError} As {@link checkSchedulerLimits}. */
export function checkRequestLimits(options: RequestLimits & { readonly bodyBytesMax?: number }): void {
  check(options, REQUEST_LIMITS)
}

function check<Options>(options: Options, limits: Limits<Options>): void {
  for (const [name, range] of Object.entries(limits))
    checkInteger(options[name as keyof Options], `option ${name}`, range as { min: number; max: number })
}

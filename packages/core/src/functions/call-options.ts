import { NAME_LENGTH_MAX } from '@dispatch/protocol/bounds'
import { type Any, type Call, CallSchema, create, durationFromMs } from '@dispatch/protocol/messages'
import { checkOptions, type OptionNames } from '@dispatch/protocol/text'
import { parseEndpointUrl } from '../checks/config-urls.js'
import { checkString } from '../checks/option-checks.js'
import { type CallLimits, parseCallLimits } from './call-limits.js'
import type { FunctionSettings } from './function-options.js'
import { parseTimeFromNow } from './time-from-now.js'

/**
 * Options of one call. Durations are milliseconds, or strings such as `'90s'`, `'5m'`, `'30d'`. Limits take precedence over
 * those of the function.
 */
export interface CallOptions {
  /**
   * Time from the creation of the call to its end, all attempts included, or when that is; then it ends with `timeout`.
   * Default: that of the function.
   */
  readonly expiration?: number | string | Date | undefined
  /** Attempts after which the call ends with its last status. Default: that of the function. */
  readonly attemptsMax?: number | undefined
  /** The call ends with its last status when it makes no progress for this long. Default: that of the function. */
  readonly giveUpAfter?: number | string | undefined
  /** Time limit of one run; then `call.signal` aborts and the call is retried. Default: that of the function. */
  readonly runTimeout?: number | string | undefined
  /** Calls of a higher priority start before others of the function; -1000 to 1000. Default: that of the function. */
  readonly priority?: number | undefined
  /** The call does not begin before this time has passed, or before this date. Default 0. */
  readonly delay?: number | string | Date | undefined
  /** URL of the application that has the function. Default: this application. */
  readonly endpoint?: string | undefined
  /** Version of the application that the call is meant for, passed on unchanged. Default: none. */
  readonly version?: string | undefined
}

/** Options of a call that is dispatched. */
export interface DispatchedCallOptions extends CallOptions {
  /**
   * Id of the call, visible ASCII: an idempotency key. A second call with the same id is not recorded, and `dispatch` returns
   * the handle of the first. Default: generated.
   */
  readonly id?: string | undefined
}

const CALL_OPTIONS = {
  expiration: ['expires', 'expiresAt', 'expiresIn', 'ttl', 'deadline', 'timeout'],
  attemptsMax: ['retries', 'maxRetries', 'attempts', 'maxAttempts', 'retryLimit'],
  giveUpAfter: ['giveUpAfterMs', 'maxAge'],
  runTimeout: ['runTimeoutMs', 'executionTimeout', 'attemptTimeout'],
  priority: [],
  delay: ['delayMs', 'runAt', 'startAt', 'startAfter', 'after', 'in', 'at', 'scheduledFor'],
  endpoint: ['endpointUrl', 'url'],
  version: [],
  id: ['dispatchId', 'jobId', 'key', 'idempotencyKey', 'dedupeId'],
} as const satisfies OptionNames<DispatchedCallOptions>

/** What a call is created with: the value, and its message. */
export interface CallInput {
  readonly value: unknown
  readonly any: Any | undefined
}

/**
 * The message of a call; without an endpoint, unless the options name one.
 *
 * @throws {TypeError} Naming the option, its value and the fix.
 */
export function createCall(
  fnName: string,
  input: CallInput,
  settings: FunctionSettings,
  callOptions: DispatchedCallOptions | undefined,
): Call {
  const call = create(CallSchema, { function: fnName })
  if (input.any !== undefined) call.input = input.any
  if (callOptions === undefined) setLimits(call, settings)
  else setOptions(call, callOptions, settings, fnName)
  if (settings.concurrencyMax !== undefined) call.concurrencyMax = settings.concurrencyMax
  if (settings.concurrencyKey !== undefined) {
    const key = settings.concurrencyKey(input.value)
    call.concurrencyKey = checkKey(key, `${fnName}: options.concurrencyKey(input)`)
    call.concurrencyKeyMax = settings.concurrencyKeyMax ?? 1
  }
  return call
}

function setOptions(call: Call, callOptions: object, settings: FunctionSettings, fnName: string): void {
  const place = `${fnName}: options`
  const options = checkOptions(callOptions, place, CALL_OPTIONS)
  const { expiration, ...relative } = options
  const own = parseCallLimits(relative, place)
  // Schedulers read 0 as no expiration.
  const expirationMs = parseTimeFromNow(expiration, `${place}.expiration`, 1)
  setLimits(call, {
    expirationMs: expirationMs ?? settings.expirationMs,
    attemptsMax: own.attemptsMax ?? settings.attemptsMax,
    giveUpAfterMs: own.giveUpAfterMs ?? settings.giveUpAfterMs,
    runTimeoutMs: own.runTimeoutMs ?? settings.runTimeoutMs,
    priority: own.priority ?? settings.priority,
  })
  const delayMs = parseTimeFromNow(options.delay, `${place}.delay`)
  const id = checkString(options.id, `${place}.id`)
  const version = checkString(options.version, `${place}.version`)
  const endpoint = checkString(options.endpoint, `${place}.endpoint`)
  if (delayMs !== undefined) call.delay = durationFromMs(delayMs)
  if (id !== undefined) call.dispatchId = id
  if (version !== undefined) call.version = version
  if (endpoint !== undefined) {
    call.endpoint = parseEndpointUrl({ value: endpoint, source: `${place}.endpoint` })
  }
}

function setLimits(call: Call, limits: CallLimits): void {
  const { expirationMs, attemptsMax, giveUpAfterMs, runTimeoutMs, priority } = limits
  if (expirationMs !== undefined) call.expiration = durationFromMs(expirationMs)
  if (attemptsMax !== undefined) call.attemptsMax = attemptsMax
  if (giveUpAfterMs !== undefined) call.giveUpAfter = durationFromMs(giveUpAfterMs)
  if (runTimeoutMs !== undefined) call.runTimeout = durationFromMs(runTimeoutMs)
  if (priority !== undefined) call.priority = priority
}

function checkKey(value: unknown, place: string): string {
  const key = checkString(value ?? '', place) as string
  if (key.length <= NAME_LENGTH_MAX) return key
  throw new TypeError(`${place}: expected at most ${NAME_LENGTH_MAX} characters, got ${key.length}`)
}

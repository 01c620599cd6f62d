import { create } from '@bufbuild/protobuf'
import { type Any, durationFromMs } from '@bufbuild/protobuf/wkt'
import { type Call, CallSchema, parseDuration } from '@dispatch/protocol'
import { parseEndpointUrl } from './config-urls.js'
import { checkInteger, checkObject, checkText } from './option-checks.js'

/** What can be said about one call. Durations are milliseconds, or texts such as `'90s'`, `'5m'`, `'30d'`. */
export interface CallOptions {
  /** Longest time from the call's creation to its end, all attempts included. Default: no limit. */
  readonly expiration?: number | string | undefined
  /** The call does not begin before this much time has passed. */
  readonly delay?: number | string | undefined
  /** URL of the application that has the function. Default: this one. */
  readonly endpoint?: string | undefined
  /** Version of the application that the call is meant for; handed on as it is. */
  readonly version?: string | undefined
}

/** What can be said about a call that is dispatched. */
export interface DispatchedCallOptions extends CallOptions {
  /**
   * Id of the call, visible ASCII. A second call of the same id is not recorded: `dispatch` gives the handle of the first.
   * For requests that may come twice.
   */
  readonly id?: string | undefined
}

/** What a function says about all of its calls. */
export interface CallDefaults {
  readonly expirationMs: number | undefined
  readonly attemptsMax: number | undefined
  readonly giveUpAfterMs: number | undefined
  readonly concurrencyMax: number | undefined
  readonly runTimeoutMs: number | undefined
}

/** Counters on the wire are uint32. */
const COUNT_MAX = 2 ** 32 - 1

/** @throws {TypeError} Naming the option, its value and the fix. */
export function parseCallDefaults(options: Readonly<Record<string, unknown>>, place: string): CallDefaults {
  const count = (name: string) => checkInteger(options[name], `${place}.${name}`, { min: 1, max: COUNT_MAX })
  return {
    expirationMs: parseOptionalDuration(options.expiration, `${place}.expiration`),
    attemptsMax: count('attemptsMax'),
    giveUpAfterMs: parseOptionalDuration(options.giveUpAfter, `${place}.giveUpAfter`),
    concurrencyMax: count('concurrencyMax'),
    runTimeoutMs: parseOptionalDuration(options.runTimeout, `${place}.runTimeout`),
  }
}

/**
 * The message of a call; without an endpoint, unless the options name one.
 *
 * @throws {TypeError} Naming the option, its value and the fix.
 */
export function createCall(
  fnName: string,
  input: Any | undefined,
  defaults: CallDefaults,
  options: DispatchedCallOptions | undefined,
): Call {
  const call = create(CallSchema, { function: fnName })
  if (input !== undefined) call.input = input
  const checked = checkObject(options, `${fnName}: call options`)
  const expirationMs =
    parseOptionalDuration(checked.expiration, `${fnName}: options.expiration`) ?? defaults.expirationMs
  const delayMs = parseOptionalDuration(checked.delay, `${fnName}: options.delay`)
  const id = checkText(checked.id, `${fnName}: options.id`)
  const version = checkText(checked.version, `${fnName}: options.version`)
  const endpoint = checkText(checked.endpoint, `${fnName}: options.endpoint`)
  if (expirationMs !== undefined) call.expiration = durationFromMs(expirationMs)
  if (id !== undefined) call.dispatchId = id
  if (version !== undefined) call.version = version
  if (endpoint !== undefined) {
    call.endpoint = parseEndpointUrl({ value: endpoint, source: `${fnName}: options.endpoint` })
  }
  if (delayMs !== undefined) call.delay = durationFromMs(delayMs)
  if (defaults.attemptsMax !== undefined) call.attemptsMax = defaults.attemptsMax
  if (defaults.giveUpAfterMs !== undefined) call.giveUpAfter = durationFromMs(defaults.giveUpAfterMs)
  if (defaults.runTimeoutMs !== undefined) call.runTimeout = durationFromMs(defaults.runTimeoutMs)
  if (defaults.concurrencyMax !== undefined) call.concurrencyMax = defaults.concurrencyMax
  return call
}

function parseOptionalDuration(value: unknown, place: string): number | undefined {
  return value === undefined ? undefined : Math.round(parseDuration(value as number | string, place))
}

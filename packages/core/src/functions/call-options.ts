import { NAME_LENGTH_MAX } from '@dispatch/protocol/bounds'
import { type Any, type Call, CallSchema, create, durationFromMs } from '@dispatch/protocol/messages'
import { checkInteger, describeValue, parseDuration } from '@dispatch/protocol/text'
import { parseEndpointUrl } from '../checks/config-urls.js'
import { checkObject, checkText } from '../checks/option-checks.js'

/** Options of one call. Durations are milliseconds, or strings such as `'90s'`, `'5m'`, `'30d'`. */
export interface CallOptions {
  /** Time from the creation of the call to its end, all attempts included; then it ends with `timeout`. Default: that of the function. */
  readonly expiration?: number | string | undefined
  /** Calls of a higher priority start before others of the function; -1000 to 1000. Default: that of the function. */
  readonly priority?: number | undefined
  /** The call does not begin before this time has passed. Default 0. */
  readonly delay?: number | string | undefined
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

/** What a function says about all of its calls. */
export interface CallDefaults {
  readonly expirationMs: number | undefined
  readonly attemptsMax: number | undefined
  readonly giveUpAfterMs: number | undefined
  readonly concurrencyMax: number | undefined
  readonly runTimeoutMs: number | undefined
  readonly priority: number | undefined
  readonly concurrencyKey: ((input: unknown) => string) | undefined
  readonly concurrencyKeyMax: number | undefined
}

/** What a call is made with: the value, and what goes over the wire. */
export interface CallInput {
  readonly value: unknown
  readonly any: Any | undefined
}

const PRIORITY_MAX = 1_000

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
    priority: parsePriority(options.priority, `${place}.priority`),
    ...parseKeyLimit(options, count('concurrencyKeyMax'), place),
  }
}

/**
 * The message of a call; without an endpoint, unless the options name one.
 *
 * @throws {TypeError} Naming the option, its value and the fix.
 */
export function createCall(
  fnName: string,
  input: CallInput,
  defaults: CallDefaults,
  options: DispatchedCallOptions | undefined,
): Call {
  const call = create(CallSchema, { function: fnName })
  if (input.any !== undefined) call.input = input.any
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
  const priority = parsePriority(checked.priority, `${fnName}: options.priority`) ?? defaults.priority
  if (priority !== undefined) call.priority = priority
  if (delayMs !== undefined) call.delay = durationFromMs(delayMs)
  if (defaults.attemptsMax !== undefined) call.attemptsMax = defaults.attemptsMax
  if (defaults.giveUpAfterMs !== undefined) call.giveUpAfter = durationFromMs(defaults.giveUpAfterMs)
  if (defaults.runTimeoutMs !== undefined) call.runTimeout = durationFromMs(defaults.runTimeoutMs)
  if (defaults.concurrencyMax !== undefined) call.concurrencyMax = defaults.concurrencyMax
  if (defaults.concurrencyKey !== undefined) {
    call.concurrencyKey = checkKey(
      defaults.concurrencyKey(input.value),
      `${fnName}: options.concurrencyKey(input)`,
    )
    call.concurrencyKeyMax = defaults.concurrencyKeyMax ?? 1
  }
  return call
}

function parsePriority(value: unknown, place: string): number | undefined {
  return checkInteger(value, place, { min: -PRIORITY_MAX, max: PRIORITY_MAX })
}

function parseKeyLimit(
  { concurrencyKey }: Readonly<Record<string, unknown>>,
  concurrencyKeyMax: number | undefined,
  place: string,
): Pick<CallDefaults, 'concurrencyKey' | 'concurrencyKeyMax'> {
  if (concurrencyKey === undefined && concurrencyKeyMax !== undefined) {
    throw new TypeError(
      `${place}.concurrencyKeyMax: wanted concurrencyKey beside it, a function of the input`,
    )
  }
  if (concurrencyKey !== undefined && typeof concurrencyKey !== 'function') {
    throw new TypeError(
      `${place}.concurrencyKey: wanted a function of the input, got ${describeValue(concurrencyKey)}`,
    )
  }
  return { concurrencyKey: concurrencyKey as CallDefaults['concurrencyKey'], concurrencyKeyMax }
}

function checkKey(key: unknown, place: string): string {
  const text = checkText(key ?? '', place) as string
  if (text.length <= NAME_LENGTH_MAX) return text
  throw new TypeError(`${place}: wanted at most ${NAME_LENGTH_MAX} characters, got ${text.length}`)
}

function parseOptionalDuration(value: unknown, place: string): number | undefined {
  return value === undefined ? undefined : Math.round(parseDuration(value as number | string, place))
}

import type { FailureStatus } from '@dispatch/protocol'
import { checkInteger, checkOptions, describeValue, type OptionNames } from '@dispatch/protocol/text'
import { checkFailureStatus } from '../checks/option-checks.js'
import { type CallLimits, COUNT_MAX, parseCallLimits } from './call-limits.js'
import type { Schema } from './schema/schema.js'

/** Options of `func`. Durations are milliseconds, or strings such as `'90s'`, `'5m'`, `'30d'`. */
export interface FunctionOptions<Input, Parsed = Input, Returned = unknown, Output = Returned> {
  /** Schema of the input: a TypeBox schema or a Standard Schema. Default: none; any value is accepted. */
  readonly input?: Schema<Input, Parsed> | undefined
  /** Schema of the output. Default: none; any value is accepted. */
  readonly output?: Schema<Returned, Output> | undefined
  /** Time from the creation of a call to its end, all attempts included; then it ends with `timeout`. Default: no limit. */
  readonly expiration?: number | string | undefined
  /** Attempts after which a call ends with its last status. Default: no limit. */
  readonly attemptsMax?: number | undefined
  /** A call that makes no progress for this long ends with its last status. Default: 24 hours. */
  readonly giveUpAfter?: number | string | undefined
  /** Maximum of concurrent runs. Default: the adaptive limit only. */
  readonly concurrencyMax?: number | undefined
  /**
   * Calls of a higher priority start before others of the function; -1000 to 1000. Default 0; for calls made inside a
   * function that of the caller.
   */
  readonly priority?: number | undefined
  /** Calls whose inputs give the same key share `concurrencyKeyMax` concurrent runs: per customer, per shop. Default: none. */
  readonly concurrencyKey?: ((input: KeyInput<Input>) => string) | undefined
  /** Maximum of concurrent runs per key. Default 1. */
  readonly concurrencyKeyMax?: number | undefined
  /** Time limit of one run; then `call.signal` aborts and the call is retried. Default: 15 minutes. */
  readonly runTimeout?: number | string | undefined
  /** Status of a thrown value that cannot be classified. Default: that of the `Dispatch`. */
  readonly unknownErrorStatus?: FailureStatus | undefined
}

/**
 * The input of `concurrencyKey`. Where neither a schema nor an annotation before it says what that is, it is `any`: the
 * compiler reads the options before the handler. What `concurrencyKey` takes never decides the input of the function.
 */
// biome-ignore lint/suspicious/noExplicitAny: every other type would be refused before the handler is read.
export type KeyInput<Input> = [Input] extends [Nothing] ? any : NoInfer<Input>

const FUNCTION_OPTIONS = {
  input: ['inputSchema', 'schema', 'parameters', 'params'],
  output: ['outputSchema', 'returns', 'result'],
  expiration: ['expires', 'expiresIn', 'ttl', 'deadline', 'timeout'],
  attemptsMax: ['retries', 'maxRetries', 'attempts', 'maxAttempts', 'retryLimit'],
  giveUpAfter: ['giveUpAfterMs', 'maxAge'],
  concurrencyMax: ['concurrency', 'maxConcurrency', 'concurrencyLimit'],
  priority: [],
  concurrencyKey: ['key', 'groupKey'],
  concurrencyKeyMax: ['maxConcurrencyPerKey'],
  runTimeout: ['runTimeoutMs', 'executionTimeout', 'attemptTimeout'],
  unknownErrorStatus: [],
} as const satisfies OptionNames<FunctionOptions<unknown>>

/** The checked options of a function. */
export interface FunctionSettings extends CallLimits {
  /** Schemas, not checked yet. */
  readonly input: unknown
  readonly output: unknown
  readonly concurrencyMax: number | undefined
  readonly concurrencyKey: ((input: unknown) => string) | undefined
  readonly concurrencyKeyMax: number | undefined
  readonly unknownErrorStatus: FailureStatus | undefined
}

/**
 * @param place - Names the options in messages: `func('charge'): options`.
 * @throws {TypeError} Naming the option, its value and the fix.
 */
export function parseFunctionOptions(value: unknown, place: string): FunctionSettings {
  const options = checkOptions(value, place, FUNCTION_OPTIONS)
  const count = (name: 'concurrencyMax' | 'concurrencyKeyMax') =>
    checkInteger(options[name], `${place}.${name}`, { min: 1, max: COUNT_MAX })
  return {
    ...parseCallLimits(options, place),
    input: options.input,
    output: options.output,
    concurrencyMax: count('concurrencyMax'),
    ...parseKeyLimit(options.concurrencyKey, count('concurrencyKeyMax'), place),
    unknownErrorStatus: checkFailureStatus(options.unknownErrorStatus, `${place}.unknownErrorStatus`),
  }
}

function parseKeyLimit(
  concurrencyKey: unknown,
  concurrencyKeyMax: number | undefined,
  place: string,
): Pick<FunctionSettings, 'concurrencyKey' | 'concurrencyKeyMax'> {
  if (concurrencyKey === undefined && concurrencyKeyMax !== undefined) {
    throw new TypeError(
      `${place}.concurrencyKeyMax: expected concurrencyKey beside it, a function of the input`,
    )
  }
  if (concurrencyKey !== undefined && typeof concurrencyKey !== 'function') {
    throw new TypeError(
      `${place}.concurrencyKey: expected a function of the input, got ${describeValue(concurrencyKey)}`,
    )
  }
  return { concurrencyKey: concurrencyKey as FunctionSettings['concurrencyKey'], concurrencyKeyMax }
}

// biome-ignore lint/suspicious/noConfusingVoidType: the compiler lets callers omit an argument of this type only.
export type Nothing = void

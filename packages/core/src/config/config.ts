import { EMBEDDED_ENDPOINT_URL, type FailureStatus, type Logger } from '@dispatch/protocol'
import {
  BODY_BYTES_MAX,
  type CapacityLimits,
  UNACKNOWLEDGED_BYTES_MAX,
  UNACKNOWLEDGED_CALLS_MAX,
} from '@dispatch/protocol/bounds'
import { checkInteger, checkOptions, checkStorePath, describeValue } from '@dispatch/protocol/text'
import {
  type Address,
  parseAddress,
  parseApiUrl,
  parseEndpointUrl,
  type Setting,
} from '../checks/config-urls.js'
import {
  checkArray,
  checkBoolean,
  checkFailureStatus,
  checkIterable,
  checkMethods,
  checkString,
} from '../checks/option-checks.js'
import type { ErrorType, OutputType } from '../errors/classify.js'
import type { AnyDispatchFunction } from '../functions/dispatch-function.js'
import { CONFIG_OPTIONS, type DispatchOptions, type SchedulerOption } from './dispatch-options.js'
import { BODY_MS_MAX, RUN_REQUEST_BYTES_MAX, RUN_REQUESTS_MAX } from './run-bounds.js'
import { resolveSigning, type SigningConfig } from './signing.js'

/** File of the embedded scheduler's store, relative to the working directory. */
export const STORE_DEFAULT = '.dispatch/dispatch.db'

/** At shutdown, handlers that do not use `call.signal` have this time to end before it aborts. Milliseconds. */
export const SHUTDOWN_GRACE_MS_DEFAULT = 10_000

const DURATION_MS_MAX = 2 ** 31 - 1

/** Everything that can be configured, decided once: option, else environment, else default. */
export interface DispatchConfig extends SigningConfig {
  readonly functions: readonly AnyDispatchFunction[]
  /** Where calls are sent: to a scheduler given as an option, to one reached by HTTP, or to one in this process. */
  readonly mode: 'given' | 'remote' | 'embedded'
  readonly scheduler: SchedulerOption | undefined
  readonly apiUrl: string | undefined
  readonly apiKey: Setting | undefined
  /** The endpoint that calls of this process are recorded with. */
  readonly endpointUrl: string
  /** Where `listenAndServe` listens unless its options name another host or port. */
  readonly address: Address
  readonly store: string
  readonly logger: Logger | undefined
  readonly unknownErrorStatus: FailureStatus
  readonly errorTypes: Iterable<ErrorType> | undefined
  readonly outputTypes: Iterable<OutputType> | undefined
  readonly bodyBytesMax: number
  readonly bodyMsMax: number
  readonly requestsMax: number
  readonly requestBytesMax: number
  /** Bounds the calls that are dispatched and not acknowledged. */
  readonly unacknowledged: CapacityLimits
  readonly warmCoroutinesMax: number | undefined
  readonly warmIdleMsMax: number | undefined
  readonly replayCheck: boolean
  readonly shutdownGraceMs: number
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Decides the configuration. The only place that reads the environment.
 *
 * @throws {TypeError} Naming the option or the variable, its value and the fix, when a setting is not valid, is missing or
 *   does not exist. A missing API key is an error at the first dispatch only.
 */
export function resolveConfig(options: DispatchOptions): DispatchConfig {
  checkOptions(options, 'new Dispatch(options)', CONFIG_OPTIONS)
  const env = readEnvironment(options.env)
  const settings = readSettings(options, env)
  const apiUrl = settings.apiUrl && parseApiUrl(settings.apiUrl)
  const mode = options.scheduler !== undefined ? 'given' : apiUrl !== undefined ? 'remote' : 'embedded'
  const endpointUrl = resolveEndpointUrl(settings.endpointUrl, mode)
  return Object.freeze({
    functions: checkFunctions(options.functions),
    mode,
    scheduler: checkScheduler(options.scheduler),
    apiUrl,
    apiKey: settings.apiKey && checkApiKey(settings.apiKey),
    endpointUrl,
    address: parseAddress(settings.endpointAddr ?? { value: 'localhost:8000', source: 'default' }),
    ...resolveSigning(options, env, { isRemote: mode === 'remote', endpointUrl }),
    store:
      settings.store === undefined
        ? STORE_DEFAULT
        : checkStorePath(settings.store.value, settings.store.source),
    logger: checkLogger(options.logger),
    ...resolveStatuses(options),
    ...resolveBounds(options),
    replayCheck: checkBoolean(options.replayCheck, 'option replayCheck') ?? false,
  })
}

/** @throws {TypeError} When it is not an array. Its items are checked when they are registered. */
export function checkFunctions(option: unknown): readonly AnyDispatchFunction[] {
  const what = 'functions made by func(name, handler)'
  return checkArray(option, 'option functions', what) as readonly AnyDispatchFunction[]
}

function readEnvironment(option: unknown): Environment {
  if (option === undefined) return process.env
  if (typeof option === 'object' && option !== null) return option as Environment
  throw new TypeError(`option env: expected an object such as process.env, got ${describeValue(option)}`)
}

function readSettings(options: DispatchOptions, env: Environment) {
  const read = (option: keyof DispatchOptions, variable: string): Setting | undefined => {
    const value = checkString(options[option], `option ${option}`)
    if (value !== undefined) return { value, source: `option ${option}` }
    // Shells and deploy tools set a variable to empty where it has no value.
    return env[variable] ? { value: env[variable], source: variable } : undefined
  }
  return {
    apiUrl: read('apiUrl', 'DISPATCH_API_URL'),
    apiKey: read('apiKey', 'DISPATCH_API_KEY'),
    endpointUrl: read('endpointUrl', 'DISPATCH_ENDPOINT_URL'),
    endpointAddr: read('endpointAddr', 'DISPATCH_ENDPOINT_ADDR'),
    store: read('store', 'DISPATCH_STORE'),
  }
}

function resolveEndpointUrl(setting: Setting | undefined, mode: DispatchConfig['mode']): string {
  if (setting !== undefined) return parseEndpointUrl(setting)
  if (mode !== 'remote') return EMBEDDED_ENDPOINT_URL
  throw new TypeError(
    'no endpoint URL: with an API URL, the scheduler needs a URL at which it can run the functions of this process. ' +
      'Pass option endpointUrl, or set DISPATCH_ENDPOINT_URL, to the public URL of this application',
  )
}

function checkApiKey(setting: Setting): Setting {
  if (/^[\x21-\x7e]+$/.test(setting.value)) return setting
  throw new TypeError(
    `${setting.source}: expected an API key of visible ASCII characters, got one with blanks or other characters`,
  )
}

function checkScheduler(scheduler: SchedulerOption | undefined): SchedulerOption | undefined {
  if (typeof scheduler === 'function') return scheduler
  const what = 'a Scheduler, or createEmbeddedScheduler of @dispatch/scheduler'
  return checkMethods(scheduler, ['dispatch', 'get', 'wait', 'cancel'], 'option scheduler', what)
}

function checkLogger(logger: Logger | undefined): Logger | undefined {
  const what = 'an object with debug, info, warn and error, such as pino'
  return checkMethods(logger, ['debug', 'info', 'warn', 'error'], 'option logger', what)
}

function resolveStatuses(
  options: DispatchOptions,
): Pick<DispatchConfig, 'unknownErrorStatus' | 'errorTypes' | 'outputTypes'> {
  const { unknownErrorStatus, errorTypes, outputTypes } = options
  return {
    unknownErrorStatus: checkFailureStatus(unknownErrorStatus, 'option unknownErrorStatus') ?? 'permanent',
    errorTypes: checkIterable(errorTypes, 'option errorTypes', 'what errorType(Class, status) returns'),
    outputTypes: checkIterable(outputTypes, 'option outputTypes', 'what outputType(Class, status) returns'),
  }
}

type Bounds = Pick<
  DispatchConfig,
  | 'bodyBytesMax'
  | 'bodyMsMax'
  | 'requestsMax'
  | 'requestBytesMax'
  | 'unacknowledged'
  | 'warmCoroutinesMax'
  | 'warmIdleMsMax'
  | 'shutdownGraceMs'
>

function resolveBounds(options: DispatchOptions): Bounds {
  const read = (option: keyof DispatchOptions, min: number, max: number) =>
    checkInteger(options[option], `option ${option}`, { min, max })
  return {
    bodyBytesMax: read('bodyBytesMax', 1, 2 ** 30) ?? BODY_BYTES_MAX,
    bodyMsMax: read('bodyMsMax', 1, DURATION_MS_MAX) ?? BODY_MS_MAX,
    requestsMax: read('requestsMax', 1, 1e9) ?? RUN_REQUESTS_MAX,
    requestBytesMax: read('requestBytesMax', 1, 1e12) ?? RUN_REQUEST_BYTES_MAX,
    unacknowledged: {
      countMax: read('unacknowledgedCallsMax', 1, 1e12) ?? UNACKNOWLEDGED_CALLS_MAX,
      bytesMax: read('unacknowledgedBytesMax', 1, 1e12) ?? UNACKNOWLEDGED_BYTES_MAX,
    },
    warmCoroutinesMax: read('warmCoroutinesMax', 0, 1e9),
    warmIdleMsMax: read('warmIdleMsMax', 0, DURATION_MS_MAX),
    shutdownGraceMs: read('shutdownGraceMs', 0, DURATION_MS_MAX) ?? SHUTDOWN_GRACE_MS_DEFAULT,
  }
}

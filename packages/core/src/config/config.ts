import type { KeyObject } from 'node:crypto'
import { EMBEDDED_ENDPOINT_URL, type FailureStatus, type Logger } from '@dispatch/protocol'
import {
  BODY_BYTES_MAX,
  type CapacityLimits,
  UNACKNOWLEDGED_BYTES_MAX,
  UNACKNOWLEDGED_CALLS_MAX,
} from '@dispatch/protocol/bounds'
import { parseVerificationKeys } from '@dispatch/protocol/signature'
import { checkInteger } from '@dispatch/protocol/text'
import {
  type Address,
  parseAddress,
  parseApiUrl,
  parseEndpointUrl,
  type Setting,
} from '../checks/config-urls.js'
import { checkBoolean, checkFailureStatus, checkObject, checkText } from '../checks/option-checks.js'
import type { ErrorType, OutputType } from '../errors/classify.js'
import type { DispatchOptions, SchedulerOption } from './dispatch-options.js'
import { BODY_MS_MAX, RUN_REQUEST_BYTES_MAX, RUN_REQUESTS_MAX } from './run-bounds.js'

/** File of the embedded scheduler's store, relative to the working directory. */
export const STORE_DEFAULT = '.dispatch/dispatch.db'

/** Handlers that never look at `call.signal` get this long to end by themselves at shutdown. Milliseconds. */
export const SHUTDOWN_GRACE_MS_DEFAULT = 10_000

const DURATION_MS_MAX = 2 ** 31 - 1

/** Everything that can be configured, decided once: option, else environment, else default. */
export interface DispatchConfig {
  /** Where calls go: a scheduler given as an option, one reached by HTTP, or one inside this process. */
  readonly mode: 'given' | 'remote' | 'embedded'
  readonly scheduler: SchedulerOption | undefined
  readonly apiUrl: string | undefined
  readonly apiKey: Setting | undefined
  /** The endpoint that our calls are recorded with. */
  readonly endpointUrl: string
  /** Where `listenAndServe` listens unless it is told otherwise. */
  readonly address: Address
  /** Empty: nobody's signature would do. */
  readonly verificationKeys: readonly KeyObject[]
  /** Requests need no signature. Never when there are keys. */
  readonly isUnsignedAccepted: boolean
  /** They need none though nobody said so: worth a warning. */
  readonly isUnsignedByDefault: boolean
  /** Authorities that requests may be signed for. */
  readonly authorities: readonly string[]
  /** Not also the one of their Host header, which whoever forwards a run that was meant for another can choose. */
  readonly isAuthorityFixed: boolean
  readonly store: string
  readonly logger: Logger | undefined
  readonly unknownErrorStatus: FailureStatus
  readonly errorTypes: Iterable<ErrorType> | undefined
  readonly outputTypes: Iterable<OutputType> | undefined
  readonly bodyBytesMax: number
  readonly bodyMsMax: number
  readonly requestsMax: number
  readonly requestBytesMax: number
  /** How many calls may be on their way to the scheduler. */
  readonly unacknowledged: CapacityLimits
  readonly warmCoroutinesMax: number | undefined
  readonly warmIdleMsMax: number | undefined
  readonly replayCheck: boolean
  readonly shutdownGraceMs: number
}

/**
 * Decides the configuration. The only place that reads the environment.
 *
 * @throws {TypeError} Naming the option or the variable, its value and the fix, when a setting makes no sense or is
 *   missing. A missing API key is no error before the first dispatch.
 */
export function resolveConfig(options: DispatchOptions): DispatchConfig {
  checkObject(options, 'new Dispatch(options)')
  const env = options.env ?? process.env
  const settings = readSettings(options, env)
  const apiUrl = settings.apiUrl && parseApiUrl(settings.apiUrl)
  const mode = options.scheduler !== undefined ? 'given' : apiUrl !== undefined ? 'remote' : 'embedded'
  const endpointUrl = resolveEndpointUrl(settings.endpointUrl, mode)
  const verificationKeys = readVerificationKeys(options.verificationKey, env)
  return Object.freeze({
    mode,
    scheduler: checkScheduler(options.scheduler),
    apiUrl,
    apiKey: settings.apiKey && checkApiKey(settings.apiKey),
    endpointUrl,
    address: parseAddress(settings.endpointAddr ?? { value: 'localhost:8000', source: 'default' }),
    verificationKeys,
    ...resolveUnsigned(options, env, mode, verificationKeys.length),
    authorities: readAuthorities(options.authority, endpointUrl),
    isAuthorityFixed: options.authority !== undefined || isHttpUrl(endpointUrl),
    store: settings.store?.value ?? STORE_DEFAULT,
    logger: checkLogger(options.logger),
    unknownErrorStatus:
      checkFailureStatus(options.unknownErrorStatus, 'option unknownErrorStatus') ?? 'permanent',
    errorTypes: options.errorTypes,
    outputTypes: options.outputTypes,
    bodyBytesMax:
      checkInteger(options.bodyBytesMax, 'option bodyBytesMax', { min: 1, max: 2 ** 30 }) ?? BODY_BYTES_MAX,
    bodyMsMax:
      checkInteger(options.bodyMsMax, 'option bodyMsMax', { min: 1, max: DURATION_MS_MAX }) ?? BODY_MS_MAX,
    requestsMax:
      checkInteger(options.requestsMax, 'option requestsMax', { min: 1, max: 1e9 }) ?? RUN_REQUESTS_MAX,
    requestBytesMax:
      checkInteger(options.requestBytesMax, 'option requestBytesMax', { min: 1, max: 1e12 }) ??
      RUN_REQUEST_BYTES_MAX,
    unacknowledged: readUnacknowledged(options),
    warmCoroutinesMax: checkInteger(options.warmCoroutinesMax, 'option warmCoroutinesMax', {
      min: 0,
      max: 1e9,
    }),
    warmIdleMsMax: checkInteger(options.warmIdleMsMax, 'option warmIdleMsMax', {
      min: 0,
      max: DURATION_MS_MAX,
    }),
    replayCheck: checkBoolean(options.replayCheck, 'option replayCheck') ?? false,
    shutdownGraceMs:
      checkInteger(options.shutdownGraceMs, 'option shutdownGraceMs', { min: 0, max: DURATION_MS_MAX }) ??
      SHUTDOWN_GRACE_MS_DEFAULT,
  })
}

function readUnacknowledged(options: DispatchOptions): CapacityLimits {
  const read = (option: 'unacknowledgedCallsMax' | 'unacknowledgedBytesMax') =>
    checkInteger(options[option], `option ${option}`, { min: 1, max: 1e12 })
  return {
    countMax: read('unacknowledgedCallsMax') ?? UNACKNOWLEDGED_CALLS_MAX,
    bytesMax: read('unacknowledgedBytesMax') ?? UNACKNOWLEDGED_BYTES_MAX,
  }
}

type Environment = Readonly<Record<string, string | undefined>>

function readSettings(options: DispatchOptions, env: Environment) {
  const read = (option: keyof DispatchOptions, variable: string): Setting | undefined => {
    const value = checkText(options[option], `option ${option}`)
    if (value !== undefined) return { value, source: `option ${option}` }
    // An empty variable is the shell's way of having none.
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
    'no endpoint URL: a scheduler has an API URL but would not know where to run the functions of this process. ' +
      'Pass option endpointUrl, or set DISPATCH_ENDPOINT_URL, to the public URL of this application',
  )
}

function checkApiKey(setting: Setting): Setting {
  if (/^[\x21-\x7e]+$/.test(setting.value)) return setting
  throw new TypeError(
    `${setting.source}: wanted an API key of visible ASCII characters, got one with blanks or other characters`,
  )
}

function checkScheduler(scheduler: SchedulerOption | undefined): SchedulerOption | undefined {
  if (scheduler === undefined || typeof scheduler === 'function') return scheduler
  if (typeof (scheduler as { dispatch?: unknown } | null)?.dispatch === 'function') return scheduler
  throw new TypeError(
    'option scheduler: wanted a Scheduler, or createEmbeddedScheduler of @dispatch/scheduler',
  )
}

function checkLogger(logger: Logger | undefined): Logger | undefined {
  if (logger === undefined || typeof (logger as { warn?: unknown } | null)?.warn === 'function') return logger
  throw new TypeError('option logger: wanted an object with debug, info, warn and error, such as pino')
}

function readVerificationKeys(
  option: string | readonly string[] | undefined,
  env: Environment,
): readonly KeyObject[] {
  if (option !== undefined) return parseVerificationKeys(option, 'option verificationKey')
  const variable = env.DISPATCH_VERIFICATION_KEY
  return variable ? parseVerificationKeys(variable, 'DISPATCH_VERIFICATION_KEY') : []
}

function resolveUnsigned(
  options: DispatchOptions,
  env: Environment,
  mode: DispatchConfig['mode'],
  keyCount: number,
): Pick<DispatchConfig, 'isUnsignedAccepted' | 'isUnsignedByDefault'> {
  const isAllowed = checkBoolean(options.allowUnsigned, 'option allowUnsigned') ?? false
  if (keyCount > 0) return { isUnsignedAccepted: false, isUnsignedByDefault: false }
  if (isAllowed || mode !== 'remote') return { isUnsignedAccepted: isAllowed, isUnsignedByDefault: false }
  if (env.NODE_ENV !== 'production') return { isUnsignedAccepted: true, isUnsignedByDefault: true }
  throw new TypeError(
    'no verification key: in production everybody could run the functions of this process. Pass option ' +
      'verificationKey, or set DISPATCH_VERIFICATION_KEY, to the public key of the scheduler; option ' +
      'allowUnsigned: true accepts requests of anybody',
  )
}

function readAuthorities(
  option: string | readonly string[] | undefined,
  endpointUrl: string,
): readonly string[] {
  const texts = typeof option === 'string' ? [option] : (option ?? [])
  const listed = texts.map((text) => checkText(text, 'option authority') as string)
  const all = isHttpUrl(endpointUrl) ? [new URL(endpointUrl).host, ...listed] : listed
  if (option === undefined || all.length > 0) return all
  throw new TypeError('option authority: wanted at least one authority, such as app.example.com, got none')
}

function isHttpUrl(url: string): boolean {
  return /^https?:/.test(url)
}

import type {
  EmbeddedScheduler,
  EmbeddedSchedulerOptions,
  FailureStatus,
  Logger,
  Scheduler,
} from '@dispatch/protocol'
import type { OptionNames } from '@dispatch/protocol/text'
import type { ErrorType, OutputType } from '../errors/classify.js'
import type { AnyDispatchFunction } from '../functions/dispatch-function.js'

/** A scheduler, or a function that creates one in this process: `createEmbeddedScheduler` of `@dispatch/scheduler`. */
export type SchedulerOption =
  | Scheduler
  | EmbeddedScheduler
  | ((options: EmbeddedSchedulerOptions) => EmbeddedScheduler)

/** Options of `new Dispatch`. An option takes precedence over its environment variable, and that over the default. */
export interface DispatchOptions {
  /** Functions of this process. More can be added with `register`. Default: none. */
  readonly functions?: readonly AnyDispatchFunction[] | undefined
  /** URL of a stand-alone scheduler. Environment: `DISPATCH_API_URL`. Default: none; the scheduler is embedded. */
  readonly apiUrl?: string | undefined
  /** Key for the scheduler at `apiUrl`, which requires one. Environment: `DISPATCH_API_KEY`. Default: none. */
  readonly apiKey?: string | undefined
  /**
   * Public URL of this application, at which a stand-alone scheduler sends runs; required with `apiUrl`. Environment:
   * `DISPATCH_ENDPOINT_URL`. Default: none.
   */
  readonly endpointUrl?: string | undefined
  /** Address of `listenAndServe`. Environment: `DISPATCH_ENDPOINT_ADDR`. Default `localhost:8000`. */
  readonly endpointAddr?: string | undefined
  /**
   * Ed25519 public keys of the schedulers that may run functions here, as PEM or base64; several for rotation, in the
   * variable separated by commas. In production (`NODE_ENV`) a process with `apiUrl` and without a key does not start.
   * Environment: `DISPATCH_VERIFICATION_KEY`. Default: none.
   */
  readonly verificationKey?: string | readonly string[] | undefined
  /** Accept unsigned runs from any client, also in production. Default `false`. */
  readonly allowUnsigned?: boolean | undefined
  /**
   * Authorities (host and port) that signed requests may name, in addition to that of `endpointUrl`: for an application
   * with several host names. Default: none; without an http(s) `endpointUrl`, the `Host` of the request.
   */
  readonly authority?: string | readonly string[] | undefined
  /** File of the embedded scheduler, or `:memory:`. Environment: `DISPATCH_STORE`. Default `.dispatch/dispatch.db`. */
  readonly store?: string | undefined
  /**
   * A scheduler to use instead of `apiUrl` and `store`: for tests, for limits of your own, and for bundlers that miss a
   * dynamic import. Default: `createEmbeddedScheduler` of `@dispatch/scheduler`, if that is installed.
   */
  readonly scheduler?: SchedulerOption | undefined
  /** Environment variables. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Receives log messages, with the interface of pino and of Fastify's `log`. Default: none; in Fastify `app.log`. */
  readonly logger?: Logger | undefined
  /** Status of a thrown value that cannot be classified. Default `permanent`: a bug does not run twice. */
  readonly unknownErrorStatus?: FailureStatus | undefined
  /** Statuses of error classes, made by `errorType`. Default: none. */
  readonly errorTypes?: Iterable<ErrorType> | undefined
  /** Statuses of output classes, made by `outputType`. Default: none. */
  readonly outputTypes?: Iterable<OutputType> | undefined
  /** Maximum of bytes of the body of a request. Default 16 000 000. */
  readonly bodyBytesMax?: number | undefined
  /** Time in which the body of a request for runs has to arrive, in milliseconds. Default 30 000. */
  readonly bodyMsMax?: number | undefined
  /** Maximum of unanswered requests for runs; further ones are refused with a time to retry. Default 20 000. */
  readonly requestsMax?: number | undefined
  /** Maximum of bytes of such requests; a single one is always accepted. Default 256 000 000. */
  readonly requestBytesMax?: number | undefined
  /** Maximum of calls dispatched by this process and not acknowledged; more fail with `throttled`. Default 100 000. */
  readonly unacknowledgedCallsMax?: number | undefined
  /** Maximum of bytes of such calls; a single request is always sent, however large. Default 64 000 000. */
  readonly unacknowledgedBytesMax?: number | undefined
  /** Maximum of suspended coroutines in memory. Default 10 000. */
  readonly warmCoroutinesMax?: number | undefined
  /** How long an idle suspended coroutine is kept in memory, in milliseconds. Default 600 000. */
  readonly warmIdleMsMax?: number | undefined
  /**
   * For development and tests: rebuild every coroutine at each of its awaits and compare. A handler that would not survive
   * a restart fails with `ReplayCheckError`, which names the await that differed. Default `false`.
   */
  readonly replayCheck?: boolean | undefined
  /** How long runs may continue at shutdown before `call.signal` aborts, in milliseconds. Default 10 000. */
  readonly shutdownGraceMs?: number | undefined
}

/** The options of {@link DispatchOptions}, with other words for them. */
export const CONFIG_OPTIONS = {
  functions: ['function', 'handlers', 'tasks', 'jobs', 'workflows'],
  apiUrl: ['url', 'schedulerUrl', 'serverUrl'],
  apiKey: ['key', 'token'],
  endpointUrl: ['publicUrl', 'baseUrl'],
  endpointAddr: ['endpointAddress', 'address', 'listen'],
  verificationKey: ['verificationKeys', 'publicKey', 'signingKey'],
  allowUnsigned: ['unsigned'],
  authority: ['authorities', 'hosts', 'allowedHosts'],
  store: ['database', 'db', 'storage', 'path', 'file', 'storePath'],
  scheduler: [],
  env: ['environment'],
  logger: ['log'],
  unknownErrorStatus: ['defaultErrorStatus'],
  errorTypes: ['errorType', 'errors'],
  outputTypes: ['outputType', 'outputs'],
  bodyBytesMax: ['bodyLimit', 'maxBodySize'],
  bodyMsMax: ['bodyTimeout'],
  requestsMax: ['maxRequests'],
  requestBytesMax: [],
  unacknowledgedCallsMax: [],
  unacknowledgedBytesMax: [],
  warmCoroutinesMax: ['cacheSize'],
  warmIdleMsMax: [],
  replayCheck: ['checkReplay'],
  shutdownGraceMs: ['shutdownTimeout', 'gracePeriod', 'closeGraceDelay'],
} as const satisfies OptionNames<DispatchOptions>

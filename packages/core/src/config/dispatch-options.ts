import type {
  EmbeddedScheduler,
  EmbeddedSchedulerOptions,
  FailureStatus,
  Logger,
  Scheduler,
} from '@dispatch/protocol'
import type { ErrorType, OutputType } from '../errors/classify.js'
import type { AnyDispatchFunction } from '../functions/func.js'

/** A scheduler, or what makes one inside this process: `createEmbeddedScheduler` of `@dispatch/scheduler`. */
export type SchedulerOption =
  | Scheduler
  | EmbeddedScheduler
  | ((options: EmbeddedSchedulerOptions) => EmbeddedScheduler)

/** Options of `new Dispatch`. Each is taken from the environment, or has a default, when it is left out. */
export interface DispatchOptions {
  /** Functions of this process. More can be added with `register`. */
  readonly functions?: readonly AnyDispatchFunction[] | undefined
  /** Scheduler to hand calls to, else `DISPATCH_API_URL`, else one inside this process. */
  readonly apiUrl?: string | undefined
  /** Key for the scheduler at `apiUrl`, else `DISPATCH_API_KEY`. */
  readonly apiKey?: string | undefined
  /** Public URL of this process, else `DISPATCH_ENDPOINT_URL`. Needed with a scheduler elsewhere. */
  readonly endpointUrl?: string | undefined
  /** Where `listenAndServe` listens, else `DISPATCH_ENDPOINT_ADDR`, else `localhost:8000`. */
  readonly endpointAddr?: string | undefined
  /**
   * Ed25519 public keys of the schedulers that may run functions here, as PEM or base64, else
   * `DISPATCH_VERIFICATION_KEY`, comma separated. Several, for rotation.
   */
  readonly verificationKey?: string | readonly string[] | undefined
  /** Run whatever anybody asks for: without a verification key, also in production. */
  readonly allowUnsigned?: boolean | undefined
  /**
   * Authorities (host and port) that requests may be signed for beside that of `endpointUrl`: for an application that
   * is called by several names. With neither this nor an http(s) `endpointUrl`, the one of the request is good.
   */
  readonly authority?: string | readonly string[] | undefined
  /** File of the scheduler inside this process, else `DISPATCH_STORE`, else `.dispatch/dispatch.db`. */
  readonly store?: string | undefined
  /** A scheduler to use in place of all that: for tests, and for bundlers that miss a dynamic import. */
  readonly scheduler?: SchedulerOption | undefined
  /** Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Receives what there is to say; pino's interface, and of Fastify's `log`. Default: silence. */
  readonly logger?: Logger | undefined
  /** Status of a thrown value that says nothing about itself. Default `permanent`: a bug does not run twice. */
  readonly unknownErrorStatus?: FailureStatus | undefined
  /** What errors of classes of yours and of your libraries mean, made by `errorType`. */
  readonly errorTypes?: Iterable<ErrorType> | undefined
  /** What outputs of such classes mean, made by `outputType`. */
  readonly outputTypes?: Iterable<OutputType> | undefined
  /** Most bytes of a request's body. Default 16 000 000. */
  readonly bodyBytesMax?: number | undefined
  /** Longest time in which the body of a request for runs has to arrive, in milliseconds. Default 30 000. */
  readonly bodyMsMax?: number | undefined
  /** Most requests for runs that are not answered; beyond, their schedulers are told to come again. Default 20 000. */
  readonly requestsMax?: number | undefined
  /** Most bytes of such requests. One alone is always taken. Default 256 000 000. */
  readonly requestBytesMax?: number | undefined
  /** Most calls of this process that are dispatched and not acknowledged; beyond, `throttled`. Default 100 000. */
  readonly unacknowledgedCallsMax?: number | undefined
  /** Most bytes of such calls. One request always goes, however large. Default 64 000 000. */
  readonly unacknowledgedBytesMax?: number | undefined
  /** Most suspended coroutines kept in memory. */
  readonly warmCoroutinesMax?: number | undefined
  /** How long an idle suspended coroutine is kept in memory, in milliseconds. */
  readonly warmIdleMsMax?: number | undefined
  /**
   * For development and tests: rebuild every coroutine at each of its awaits and compare. A handler that would not survive
   * a restart fails with `ReplayCheckError`, which names the await that differed. Default `false`.
   */
  readonly replayCheck?: boolean | undefined
  /** How long runs may go on at shutdown before `call.signal` aborts, in milliseconds. Default 10 000. */
  readonly shutdownGraceMs?: number | undefined
}

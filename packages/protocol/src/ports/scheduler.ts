import type { CallInfo } from '../messages/gen/dispatch-api-v1.js'
import type { Call, RunRequest, RunResponse } from '../messages/gen/dispatch-sdk-v1.js'
import type { Status } from '../statuses/statuses.js'

/**
 * What an application needs of a scheduler, whether it is embedded in the process or reached by HTTP.
 * Every method rejects with a `DispatchError` and with nothing else.
 */
export interface Scheduler {
  /**
   * Records all of `calls` or none, and resolves with their dispatch ids, in order, once that is durable.
   *
   * @throws {DispatchError} `invalid_argument` when a call is malformed, naming it; `throttled` when the
   *   scheduler has no room for more.
   */
  dispatch(calls: readonly Call[]): Promise<string[]>
  /** The call, or `undefined` when there is none with this id, or no longer. */
  get(dispatchId: string): Promise<CallInfo | undefined>
  /** As {@link get}, but resolves only when the call is done or `timeoutMs` have passed. */
  wait(dispatchId: string, timeoutMs: number, signal?: AbortSignal): Promise<CallInfo | undefined>
  /**
   * Ends the call and every call below it that is not done; resolves with the call as it is then, or
   * `undefined` when there is none. A call that was done stays as it was.
   */
  cancel(dispatchId: string): Promise<CallInfo | undefined>
}

/**
 * How an exchange with an endpoint ended.
 *
 * `failure`: there is no RunResponse. `source` says whose fault it was: `transport` (no usable answer came: it
 * counts against the endpoint as a whole), `endpoint` (it answered with an HTTP error) or `function` (it does not
 * know the function, which a deploy may mend).
 */
export type RunOutcome =
  | { readonly kind: 'response'; readonly response: RunResponse }
  | {
      readonly kind: 'failure'
      readonly source: 'transport' | 'endpoint' | 'function'
      readonly status: Status
      readonly message: string
      /** A floor for the next attempt's delay, from `Retry-After`. */
      readonly retryAfterMs?: number
    }

/** What aborts a run: an `AbortSignal`, or as much of one as it takes. */
export interface RunSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** Runs calls at an endpoint. `run` never rejects; when `signal` aborts it resolves soon, with whatever there is. */
export interface Endpoint {
  run(request: RunRequest, signal: RunSignal): Promise<RunOutcome>
}

/** Receives what a scheduler has to say; the interface of pino and of Fastify's `log`. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface EmbeddedSchedulerOptions {
  /** File of the store, or `':memory:'`, which forgets everything when the process ends. */
  readonly store: string
  /** The functions of this process. Calls without an endpoint, or with `endpointUrl`, run there. */
  readonly endpoint: Endpoint
  /** The endpoint that calls are recorded with. */
  readonly endpointUrl: string
  readonly logger?: Logger
}

/** How one function stands at a scheduler: for metrics, consoles and summaries. */
export interface FunctionStats {
  readonly tenant: string
  readonly endpoint: string
  readonly function: string
  /** Runs that may go on at one time now: the adaptive limit. */
  readonly limit: number
  /** Lowest and highest that the limit has been since the scheduler began. */
  readonly limitMin: number
  readonly limitMax: number
  readonly inFlight: number
  /** Calls that are due and wait for room. */
  readonly waiting: number
  /** Runs since the scheduler began that ended with a status, whether it ended their call or not. */
  readonly ended: Readonly<Partial<Record<Status, number>>>
  /** Runs since the scheduler began that suspended their call. */
  readonly suspended: number
}

/** A scheduler inside the application's process. */
export interface EmbeddedScheduler extends Scheduler {
  /** Opens the store. @throws {DispatchError} when it cannot be opened, saying what to do. */
  open(): Promise<void>
  /** Begins to run calls. Before that they are recorded only. */
  start(): void
  /**
   * Takes no new work, lets runs end for `graceMs`, then aborts them. An aborted run counts as no attempt: its
   * call is due again at the next start.
   */
  stop(graceMs: number): Promise<void>
  /** Closes the store, after {@link stop}. */
  close(): Promise<void>
  /** How every function stands that had a call since the scheduler began. */
  stats(): FunctionStats[]
  /**
   * Lets a suspended call run now, whatever it waits for: its handler has gone on by itself. Any other call is left alone.
   * Absent from schedulers of before.
   */
  wake?(id: string): void
}

/** What `@dispatch/scheduler` exports for an application that embeds it. */
export interface EmbeddedSchedulerModule {
  createEmbeddedScheduler(options: EmbeddedSchedulerOptions): EmbeddedScheduler
}

/** The endpoint under which calls of an embedded scheduler are recorded. Never dialled. */
export const EMBEDDED_ENDPOINT_URL = 'bridge://embedded'

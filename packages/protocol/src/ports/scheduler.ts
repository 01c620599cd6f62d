import type { CallInfo } from '../messages/gen/dispatch-api-v1.js'
import type { Call, RunRequest, RunResponse } from '../messages/gen/dispatch-sdk-v1.js'
import type { DispatchError } from '../statuses/dispatch-error.js'
import type { Status } from '../statuses/statuses.js'

/**
 * The interface of a scheduler to an application, whether it is embedded in the process or reached over HTTP.
 * Methods reject only with a `DispatchError`.
 */
export interface Scheduler {
  /**
   * Records all of `calls` or none, and resolves with their dispatch ids, in order, once they are durable.
   *
   * @throws {DispatchError} `invalid_argument` when a call is malformed, naming it; `throttled` when the
   *   scheduler is full.
   */
  dispatch(calls: readonly Call[]): Promise<string[]>
  /** The call, or `undefined` when no call with this id exists or is retained. */
  get(dispatchId: string): Promise<CallInfo | undefined>
  /** Like {@link get}, but resolves only when the call is done or `timeoutMs` have passed. */
  wait(dispatchId: string, timeoutMs: number, signal?: AbortSignal): Promise<CallInfo | undefined>
  /**
   * Cancels the call and every call below it that is not done. Resolves with the resulting call, or `undefined` when
   * there is none. A call that was already done is unchanged.
   */
  cancel(dispatchId: string): Promise<CallInfo | undefined>
}

/**
 * The outcome of an exchange with an endpoint.
 *
 * `failure`: there is no RunResponse. `source` names the cause: `transport` (no usable response, which counts against
 * the endpoint as a whole), `endpoint` (an HTTP error) or `function` (the endpoint does not know the function, which a
 * deploy may fix).
 */
export type RunOutcome =
  | { readonly kind: 'response'; readonly response: RunResponse }
  | {
      readonly kind: 'failure'
      readonly source: 'transport' | 'endpoint' | 'function'
      readonly status: Status
      readonly message: string
      /** Minimum delay of the next attempt, from `Retry-After`. */
      readonly retryAfterMs?: number
    }

/** What aborts a run: an `AbortSignal`, or the part of its interface that is needed. */
export interface RunSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** Runs calls at an endpoint. `run` never rejects; after `signal` aborts it resolves promptly. */
export interface Endpoint {
  run(request: RunRequest, signal: RunSignal): Promise<RunOutcome>
  /**
   * A call that was suspended here has been cancelled or has expired: its handler, if it is in memory, is interrupted with
   * `reason`, and forgotten. Never throws. Absent where endpoints cannot be notified.
   */
  endCall?(dispatchId: string, reason: DispatchError): void
}

/** Receives log records; the interface of pino and of Fastify's `log`. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface EmbeddedSchedulerOptions {
  /** File of the store, or `':memory:'`, which keeps nothing after the process ends. */
  readonly store: string
  /** The endpoint of this process. Calls without an endpoint, or with `endpointUrl`, run there. */
  readonly endpoint: Endpoint
  /** The endpoint that calls are recorded with. */
  readonly endpointUrl: string
  readonly logger?: Logger
}

/** Statistics of one function at a scheduler, for metrics, consoles and summaries. */
export interface FunctionStats {
  readonly tenant: string
  readonly endpoint: string
  readonly function: string
  /** Current maximum of concurrent runs: the adaptive limit. */
  readonly limit: number
  /** Lowest and highest value of the limit since the scheduler started. */
  readonly limitMin: number
  readonly limitMax: number
  readonly inFlight: number
  /** Calls that are due and wait for a slot. */
  readonly waiting: number
  /** Runs since the scheduler started that ended with a status, whether or not it ended their call. */
  readonly ended: Readonly<Partial<Record<Status, number>>>
  /** Runs since the scheduler started that suspended their call. */
  readonly suspended: number
}

/** A scheduler inside the application's process. */
export interface EmbeddedScheduler extends Scheduler {
  /** Opens the store. @throws {DispatchError} when it cannot be opened, saying what to do. */
  open(): Promise<void>
  /** Starts running calls. Before that, calls are only recorded. */
  start(): void
  /**
   * Starts no new runs, waits up to `graceMs` for runs to end, then aborts them. An aborted run does not count as an
   * attempt: its call is due again at the next start.
   */
  stop(graceMs: number): Promise<void>
  /** Closes the store, after {@link stop}. */
  close(): Promise<void>
  /** Statistics of every function that had a call since the scheduler started. */
  stats(): FunctionStats[]
  /**
   * Makes a suspended call due now, whatever it waits for, because its handler has continued. Has no effect on other
   * calls. Absent in older schedulers.
   */
  wake?(id: string): void
}

/** What `@dispatch/scheduler` exports for an application that embeds it. */
export interface EmbeddedSchedulerModule {
  createEmbeddedScheduler(options: EmbeddedSchedulerOptions): EmbeddedScheduler
}

/** The endpoint under which calls of an embedded scheduler are recorded. It is never connected to. */
export const EMBEDDED_ENDPOINT_URL = 'bridge://embedded'

/** The call that a handler is running, and what the handler can do on its behalf. */
export interface CallContext {
  /** Identifies the call permanently. The same at every attempt, so a good source of idempotency keys. */
  readonly dispatchId: string
  /** The call that awaits this one; empty when there is none. */
  readonly parentDispatchId: string
  readonly rootDispatchId: string
  readonly createdAt: Date
  /** When the call ends with `timeout`, unless it has ended before. */
  readonly expiresAt: Date | undefined
  /** Attempt of the present run, from 1; reset to 1 by every suspension. */
  readonly attempt: number
  /** Aborts when the call expires or is cancelled, and when the process shuts down. */
  readonly signal: AbortSignal
  /**
   * Suspends the call, durably.
   *
   * @param duration - Milliseconds, a string such as `'90s'`, `'5m'`, `'30d'`, or the date at which the call resumes: at once,
   *   when it is in the past.
   */
  sleep(duration: number | string | Date): Promise<void>
  /** When the present run began, the same when the handler is rebuilt. Epoch milliseconds. */
  now(): number
  /** A number in [0, 1) that is the same when the handler is rebuilt. */
  random(): number
  /** A UUID that is the same when the handler is rebuilt. */
  uuid(): string
}

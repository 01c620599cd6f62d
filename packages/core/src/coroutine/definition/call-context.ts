/** What a handler knows about the call it works on, and can do on its behalf. */
export interface CallContext {
  /** Names this call for ever. A good source for idempotency keys: it is the same at every attempt. */
  readonly dispatchId: string
  /** The call that awaits this one; empty at the top. */
  readonly parentDispatchId: string
  readonly rootDispatchId: string
  readonly createdAt: Date
  /** When the call ends with `timeout`, if it does not end before. */
  readonly expiresAt: Date | undefined
  /** How often the present run was tried, from 1; back to 1 after every suspension. */
  readonly attempt: number
  /** Aborts when the call expires or is cancelled, and when the process shuts down. */
  readonly signal: AbortSignal
  /** Suspends the call, durably. @param duration - Milliseconds, or a text such as `'90s'`, `'5m'`, `'30d'`. */
  sleep(duration: number | string): Promise<void>
  /** The time at which the present run began, the same when the handler is rebuilt. Epoch milliseconds. */
  now(): number
  /** A number in [0, 1) that is the same when the handler is rebuilt. */
  random(): number
  /** A UUID that is the same when the handler is rebuilt. */
  uuid(): string
}

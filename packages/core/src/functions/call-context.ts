import type { CallHandle } from '../calls/call-handle.js'
import type { CallOptions, DispatchedCallOptions } from './call-options.js'
import type { DispatchFunction } from './dispatch-function.js'

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
  /**
   * Aborts when the call expires or is cancelled, with a `TimeoutError` or a `CanceledError`, with which its open steps reject
   * too; when its run takes too long; and when the process shuts down.
   */
  readonly signal: AbortSignal
  /**
   * Suspends the call, durably.
   *
   * @param duration - Milliseconds, a string such as `'90s'`, `'5m'`, `'30d'`, or the date at which the call resumes: at once,
   *   when it is in the past.
   */
  sleep(duration: number | string | Date): Promise<void>
  /**
   * Like `fn.await(input, options)`, as a step of this call wherever it is called from. `fn.await` belongs to the handler
   * whose async context is current, which in a task of a queue, a loader or an event emitter may be that of another call.
   */
  await<Output>(fn: DispatchFunction<void, Output>): Promise<Output>
  await<Input, Output>(
    fn: DispatchFunction<Input, Output>,
    input: Input,
    options?: CallOptions,
  ): Promise<Output>
  /** Like `fn.gather(inputs, options)`, as steps of this call wherever it is called from. */
  gather<Input, Output>(
    fn: DispatchFunction<Input, Output>,
    inputs: readonly Input[],
    options?: CallOptions,
  ): Promise<Output[]>
  /** Like `fn.dispatch(input, options)`, as a step of this call wherever it is called from. */
  dispatch<Output>(fn: DispatchFunction<void, Output>): Promise<CallHandle<Output>>
  dispatch<Input, Output>(
    fn: DispatchFunction<Input, Output>,
    input: Input,
    options?: DispatchedCallOptions,
  ): Promise<CallHandle<Output>>
  /** When the present run began, the same when the handler is rebuilt. Epoch milliseconds. */
  now(): number
  /** A number in [0, 1) that is the same when the handler is rebuilt. */
  random(): number
  /** A UUID that is the same when the handler is rebuilt. */
  uuid(): string
}

import type { CallHandle } from '../calls/call-handle.js'
import type { TailCall } from '../coroutine/definition/tail-call.js'
import type { BuiltCall } from './built-call.js'
import type { CallOptions, DispatchedCallOptions } from './call-options.js'
import type { Nothing } from './function-options.js'

/**
 * A durable function, as `func` creates it from a handler.
 *
 * `Input` is what callers pass, and `Output` what they receive: see `Received`.
 */
export interface DispatchFunction<Input, Output> {
  readonly name: string
  /**
   * Hands a call to the scheduler and resolves once it is recorded. Inside a function it is recorded once, however
   * often the handler is rebuilt.
   *
   * @throws {DispatchError} `invalid_argument`, naming the field, when the input does not match the schema, cannot be
   *   carried or is too large.
   */
  dispatch(input: Input, options?: DispatchedCallOptions): Promise<CallHandle<Output>>
  /**
   * Makes a call and waits for its output, durably. Inside a function only.
   *
   * @throws {DispatchError} With the status of the call, when it failed.
   */
  await(input: Input, options?: CallOptions): Promise<Output>
  /**
   * Makes one call for each input and waits for all outputs, in the order of the inputs; rejects at the first failure.
   * Inside a function only.
   */
  gather(inputs: readonly Input[], options?: CallOptions): Promise<Output[]>
  /** What a handler returns to continue as a call of this function. */
  tailCall(input: Input): TailCall<Output>
  /** The call that `dispatch` would make, for `Dispatch.dispatchBatch`. */
  buildCall(input: Input, options?: DispatchedCallOptions): BuiltCall<Output>
  /** The handle of a call of this function that was dispatched before, here or elsewhere. */
  call(id: string): CallHandle<Output>
}

/** A function of any input and output. */
export type AnyDispatchFunction = DispatchFunction<never, unknown>

/** What callers pass to a function whose handler takes `Input`: nothing, where that may be `undefined`. */
export type OptionalInput<Input> = undefined extends Input ? Input | Nothing : Input

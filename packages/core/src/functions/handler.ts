import type { TailCall } from '../coroutine/definition/tail-call.js'
import type { CallContext } from './call-context.js'

/** The code of a function: takes the input of a call and its context, and returns the output, now or later. */
export type Handler<Input, Output> = (input: Input, call: CallContext) => HandlerResult<Output>

/**
 * A handler whose only parameter has a default: `async (count = 3) => …`. Beside {@link Handler} it makes the compiler take
 * the type of the parameter from the default: of two signatures that differ and both accept the handler, neither is used.
 * `Input` keeps this type behind `Handler` in error messages.
 */
export type DefaultedHandler<_Input, Output> = () => HandlerResult<Output>

/** What a handler may return: its output, or a call that takes over; now or later. */
export type HandlerResult<Output> = Output | TailCall<Output> | Promise<Output | TailCall<Output>>

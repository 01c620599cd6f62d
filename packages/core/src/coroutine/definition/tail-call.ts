import type { Call } from '@dispatch/protocol/messages'

const BRAND = Symbol.for('dispatch.tailCall')

/**
 * What a handler returns to go on as another call under the same dispatch id. Made by `fn.tailCall(input)`.
 *
 * `Output` is the output of the function that takes over, so that it becomes the output of the handler too.
 */
export interface TailCall<Output = unknown> {
  readonly call: Call
  /** Never present: carries the type alone. */
  readonly output?: Output
}

/** Marks `call` as the call that takes over from the one whose handler returns it. */
export function createTailCall<Output>(call: Call): TailCall<Output> {
  return Object.freeze(Object.defineProperty({ call }, BRAND, { value: true }))
}

/** Whether a handler's output is a tail call; works across copies of this package. */
export function isTailCall(value: unknown): value is TailCall {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
}

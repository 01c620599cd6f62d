import type { Call } from '@dispatch/protocol/messages'

const BRAND = Symbol.for('dispatch.tailCall')

/**
 * What a handler returns to be continued by another call under the same dispatch id. Created by `fn.tailCall(input)`.
 *
 * `Output` is the output of the other function, which becomes the output of this handler too.
 */
export interface TailCall<Output = unknown> {
  readonly call: Call
  /** Never present: only carries the type. */
  readonly output?: Output
}

/** Marks `call` as the one that continues the call whose handler returns it. */
export function createTailCall<Output>(call: Call): TailCall<Output> {
  return Object.freeze(Object.defineProperty({ call }, BRAND, { value: true }))
}

/** Whether a handler's output is a tail call, created by any copy of this package. */
export function isTailCall(value: unknown): value is TailCall {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
}

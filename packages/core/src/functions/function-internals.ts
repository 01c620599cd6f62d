import type { Any, Call } from '@dispatch/protocol/messages'
import type { CallHandle } from '../calls/call-handle.js'
import type { FunctionDefinition } from '../coroutine/definition/function-definition.js'

const INTERNALS = Symbol.for('dispatch.function')

/** What a function needs of the `Dispatch` it is registered with. */
export interface FunctionClient {
  /** Hands calls to the scheduler, all or none; resolves with their dispatch ids once that is durable. */
  submit(calls: readonly Call[]): Promise<string[]>
  /** The handle of a call, whether it exists or not, whose output is decoded by `decodeOutput`. */
  call(dispatchId: string, decodeOutput: (output: Any | undefined) => unknown): CallHandle<unknown>
}

/** What a `DispatchFunction` is to this package. */
export interface FunctionInternals {
  /** `unknownErrorStatus` is absent unless the function has one of its own. */
  readonly definition: Omit<FunctionDefinition, 'unknownErrorStatus'> & Partial<FunctionDefinition>
  /** How its callers read its output. Absent from functions of older copies of this package. */
  readonly decodeOutput?: (output: Any | undefined) => unknown
  /** Where it is registered; the last one dispatches. */
  readonly clients: FunctionClient[]
}

/** Gives an object the internals of a function; they are not enumerable. */
export function attachInternals<Fn extends object>(fn: Fn, internals: FunctionInternals): Fn {
  return Object.defineProperty(fn, INTERNALS, { value: internals })
}

/** The internals of a function made by `func`, of any copy of this package; `undefined` for anything else. */
export function internalsOf(fn: unknown): FunctionInternals | undefined {
  if (typeof fn !== 'object' || fn === null) return undefined
  return (fn as Record<symbol, FunctionInternals | undefined>)[INTERNALS]
}

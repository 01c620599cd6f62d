import type { Any, Call } from '@dispatch/protocol/messages'
import { describeValue } from '@dispatch/protocol/text'
import type { CallHandle } from '../calls/call-handle.js'
import type { FunctionDefinition } from '../coroutine/definition/function-definition.js'

const INTERNALS = Symbol.for('dispatch.function')

/** What a function needs from the `Dispatch` it is registered with. */
export interface FunctionClient {
  /** Maximum of bytes of a request, and so of an input. Absent from clients of older copies of this package. */
  readonly bodyBytesMax?: number
  /** Submits calls to the scheduler, all or none; resolves with their dispatch ids once that is durable. */
  submit(calls: readonly Call[]): Promise<string[]>
  /** The handle of a call, whether it exists or not, whose output is decoded by `decodeOutput`. */
  call(dispatchId: string, decodeOutput: (output: Any | undefined) => unknown): CallHandle<unknown>
}

/** The parts of a `DispatchFunction` that only this package uses. */
export interface FunctionInternals {
  /** `unknownErrorStatus` is absent unless the function has one of its own. */
  readonly definition: Omit<FunctionDefinition, 'unknownErrorStatus'> & Partial<FunctionDefinition>
  /** Decodes its output for callers. Absent from functions of older copies of this package. */
  readonly decodeOutput?: (output: Any | undefined) => unknown
  /** The clients it is registered with; the last one dispatches. */
  readonly clients: FunctionClient[]
}

/** Gives an object the internals of a function; they are not enumerable. */
export function attachInternals<Fn extends object>(fn: Fn, internals: FunctionInternals): Fn {
  return Object.defineProperty(fn, INTERNALS, { value: internals })
}

/** The internals of a function made by `func`, of any copy of this package; `undefined` for anything else. */
function internalsOf(fn: unknown): FunctionInternals | undefined {
  if (typeof fn !== 'object' || fn === null) return undefined
  return (fn as Record<symbol, FunctionInternals | undefined>)[INTERNALS]
}

/**
 * The internals of a function.
 *
 * @param place - As messages name it, such as `functions[0]`.
 * @throws {TypeError} When `func` did not make it.
 */
export function checkFunction(fn: unknown, place: string): FunctionInternals {
  const internals = internalsOf(fn)
  if (internals !== undefined) return internals
  const hint =
    fn === undefined ? '; in a ring of modules an import is undefined until its module has run' : ''
  throw new TypeError(
    `${place}: expected a function made by func(name, handler), got ${describeValue(fn)}${hint}`,
  )
}

import { DispatchError } from './dispatch-error.js'
import { ERRORS, type NamedErrorConstructor } from './named-errors.js'

/** Ways in which a call ends whatever its handler does. */
export type EndOfCallReason = 'canceled' | 'expired'

const REASONS: readonly string[] = ['canceled', 'expired'] satisfies EndOfCallReason[]

const BRAND = Symbol.for('dispatch.endOfCall')

const NAME = 'CanceledError'

/**
 * The error of a call that was cancelled: the reason of its `call.signal`, and that with which its open awaits and its handle
 * reject. Its status is `permanent`. `instanceof` asks for the name.
 */
export const CanceledError: NamedErrorConstructor<'permanent'> = namedError()

/** What aborts the run or the suspension of a call that has ended: no other copy of its handler continues. */
export function createEndOfCall(reason: EndOfCallReason): DispatchError {
  const error =
    reason === 'canceled'
      ? new CanceledError('the call was cancelled')
      : new ERRORS.TimeoutError('the call has expired')
  return Object.defineProperty(error, BRAND, { value: true })
}

/** Whether `reason` was made by {@link createEndOfCall}, of any copy of this package. */
export function isEndOfCall(reason: unknown): reason is DispatchError {
  return typeof reason === 'object' && reason !== null && (reason as Record<symbol, unknown>)[BRAND] === true
}

/** Why a call has ended whose error this is; `undefined` for any other error. */
export function reasonOfEnd(error: unknown): EndOfCallReason | undefined {
  if (!isEndOfCall(error)) return undefined
  return error.name === NAME ? 'canceled' : 'expired'
}

/** Whether a string from the wire is a reason that this version has. */
export function isEndOfCallReason(value: string): value is EndOfCallReason {
  return REASONS.includes(value)
}

function namedError(): NamedErrorConstructor<'permanent'> {
  const Named = class extends ERRORS.PermanentError {
    constructor(message: string, options?: ConstructorParameters<typeof DispatchError>[2]) {
      super(message, { ...options, name: NAME })
    }

    static override [Symbol.hasInstance](value: unknown): boolean {
      // biome-ignore lint/complexity/noThisInStatic: a subclass inherits this, and is not what every such error is.
      if (this !== Named) return Function.prototype[Symbol.hasInstance].call(this, value)
      return value instanceof DispatchError && value.name === NAME
    }
  }
  Object.defineProperty(Named, 'name', { value: NAME })
  return Named
}

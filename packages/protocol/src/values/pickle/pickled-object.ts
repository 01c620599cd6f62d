const BRAND = Symbol.for('dispatch.pickled')

/**
 * A Python object that we do not read: it holds classes, or was made by calls, and unpickling runs neither here.
 * Encoding it gives the same pickle again.
 */
export class PickledObject {
  /** The pickle. */
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    Object.defineProperty(this, BRAND, { value: 'object' })
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return brandOf(value) === 'object'
  }
}

/** The arguments of a call that was built with a Python function: `dispatch.proto.Arguments`. */
export class PickledArguments {
  readonly args: readonly unknown[]
  readonly kwargs: Readonly<Record<string, unknown>>

  constructor(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>) {
    this.args = args
    this.kwargs = kwargs
    Object.defineProperty(this, BRAND, { value: 'arguments' })
  }

  static [Symbol.hasInstance](value: unknown): boolean {
    return brandOf(value) === 'arguments'
  }
}

/**
 * The input of a function with one parameter when the caller is Python: the only argument; all of them as an array; the
 * keyword arguments as one object; or both, the object last. `null` without arguments. Any other input is returned
 * unchanged.
 */
export function argumentsOf(value: unknown): unknown {
  if (!(value instanceof PickledArguments)) return value
  const { args, kwargs } = value
  const hasKeywords = Object.keys(kwargs).length > 0
  if (args.length === 0) return hasKeywords ? kwargs : null
  if (hasKeywords) return [...args, kwargs]
  return args.length === 1 ? args[0] : [...args]
}

function brandOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<symbol, unknown>)[BRAND] : undefined
}

import { DispatchError } from '../../statuses/dispatch-error.js'
import { messageOfError } from '../../text/is-error.js'

/** Most parts of a path that a message shows. */
const SHOWN_PARTS_MAX = 12

/** Where a value stands in another: `['input', '.items', '[3]']`. */
export type ValuePath = readonly string[]

/** The path as people write it: `input.items[3].callback`. */
export function textOfPath(path: ValuePath): string {
  if (path.length <= SHOWN_PARTS_MAX) return path.join('')
  return `${path.slice(0, SHOWN_PARTS_MAX).join('')}…`
}

/** A property as part of a path: `.name`, or `["a name"]` when it is not an identifier. */
export function keyPart(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/** The error for a value that cannot be carried: where it is, what it is, what to do. */
export function refusal(path: ValuePath, what: string): DispatchError {
  return new DispatchError('invalid_argument', `${textOfPath(path)}: ${what}`)
}

/** The object as a message names it: `an instance of Invoice`. */
export function describe(value: object): string {
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name
  return typeof name === 'string' && name !== ''
    ? `an instance of ${name}`
    : 'an object with a prototype of its own'
}

/** The error for bytes that do not hold what they say they hold. */
export function malformed(typeName: string, cause: unknown): DispatchError {
  if (cause instanceof DispatchError) return cause
  const reason = messageOfError(cause)
  return new DispatchError('invalid_argument', `a value of type ${typeName} is malformed: ${reason}`, {
    cause,
  })
}

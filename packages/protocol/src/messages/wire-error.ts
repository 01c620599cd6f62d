import { create } from '../proto/create.js'
import { DispatchError, type DispatchErrorOptions } from '../statuses/dispatch-error.js'
import { type FailureStatus, isStatus, STATUSES, type Status, statusOfCode } from '../statuses/statuses.js'
import { isAggregateError } from '../text/is-error.js'
import { assignErrorFields, encodeErrorFields } from './error-fields.js'
import { type WireError, WireErrorSchema } from './gen/dispatch-sdk-v1.js'

/** Deepest nesting of causes and aggregates that travels as errors. */
const NESTED_MAX = 5

/** Number of errors of an aggregate that travel. */
const ERRORS_MAX = 20

/**
 * The language-independent form of a thrown value. `value` stays empty, because a Python peer would unpickle it
 * (conformance case R22). Never throws, whatever was thrown.
 */
export function toWireError(error: unknown): WireError {
  return wireErrorOf(error, 0)
}

function wireErrorOf(error: unknown, depth: number): WireError {
  const isError = isErrorLike(error)
  const wire = create(WireErrorSchema, {
    type: wellFormed(isError ? typeNameOf(error) : 'Error'),
    message: wellFormed(
      isError ? textOf(() => (error as { message?: unknown }).message) : textOf(() => error),
    ),
    traceback: Buffer.from(isError ? traceOf(error, depth === 0 ? CAUSES_MAX : 1) : ''),
  })
  if (!isError) return wire
  wire.fields = wellFormed(encodeErrorFields(error))
  if (depth < NESTED_MAX) addNested(wire, error, depth + 1)
  return wire
}

function addNested(wire: WireError, error: object, depth: number): void {
  const cause = attempt(() => (error as { cause?: unknown }).cause)
  if (isErrorLike(cause)) wire.cause = wireErrorOf(cause, depth)
  const errors = attempt(() => (error as { errors?: unknown }).errors)
  if (Array.isArray(errors) && isAggregateError(error)) {
    wire.errors = errors.slice(0, ERRORS_MAX).map((inner) => wireErrorOf(inner, depth))
  }
}

function isErrorLike(value: unknown): value is object {
  return isObject(value) && attempt(() => 'message' in value || 'stack' in value) === true
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

export interface FromWireErrorOptions
  extends Pick<DispatchErrorOptions, 'dispatchId' | 'output' | 'cause' | 'retryAfterMs'> {
  /** Status of the failed call, if known. Default: the status that the error's type names, else `permanent`. */
  readonly status?: FailureStatus
}

/**
 * An error of another process as an error to throw in this one. Its name is its type in that process, its stack the one
 * it had there. A wire error has no status: one of our types gets the status of that type, any other is `permanent`
 * (conformance case R21).
 */
export function fromWireError(error: WireError, options: FromWireErrorOptions = {}): DispatchError {
  const { status, ...rest } = options
  const remoteStack = Buffer.from(error.traceback).toString()
  const cause = error.cause && causeOf(error.cause)
  const result = new DispatchError(status ?? statusOfWireError(error), messageOf(error), {
    ...(cause === undefined ? {} : { cause }),
    ...rest,
    ...(error.type === '' ? {} : { name: error.type }),
    ...(remoteStack === '' ? {} : { remoteStack }),
  })
  complete(result, error, remoteStack)
  return result
}

/** A cause, or an error of an aggregate: it has no status. */
function causeOf(wire: WireError): Error {
  const cause = wire.cause && causeOf(wire.cause)
  const error = new Error(messageOf(wire), cause === undefined ? {} : { cause })
  if (wire.type !== '') define(error, 'name', wire.type)
  complete(error, wire, Buffer.from(wire.traceback).toString())
  return error
}

function complete(error: Error, wire: WireError, remoteStack: string): void {
  if (remoteStack !== '') define(error, 'stack', stackOf(error, remoteStack, wire.cause !== undefined))
  if (wire.errors.length > 0) define(error, 'errors', wire.errors.map(causeOf))
  assignErrorFields(error, wire.fields)
}

/** The frames of the other process, below the name and the message, as tools that print errors expect. */
function stackOf(error: Error, remoteStack: string, hasCause: boolean): string {
  const own = hasCause ? (remoteStack.split(CAUSED_BY)[0] as string) : remoteStack
  return own.includes(error.message) ? own : `${error.name}: ${error.message}\n${own}`
}

function messageOf(error: WireError): string {
  return error.message || error.type || 'unknown error'
}

function define(error: Error, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, configurable: true, enumerable: false, writable: true })
}

/** The wire error of a call that ended with a status but without an error. The other SDKs write it this way too. */
export function wireErrorOfStatus(status: FailureStatus): WireError {
  return create(WireErrorSchema, { type: STATUS_TYPE, message: status })
}

const STATUS_TYPE = 'status'

/** Error names of the Python SDK, which differ from ours in capitalization and in one letter. */
const STATUS_BY_TYPE: ReadonlyMap<string, FailureStatus> = new Map([
  ...(Object.keys(STATUSES) as Status[])
    .filter((status): status is FailureStatus => status !== 'ok')
    .flatMap((status): [string, FailureStatus][] => [
      [status, status],
      [STATUSES[status].errorName.toLowerCase(), status],
    ]),
  ['throttleerror', 'throttled'],
])

function statusOfWireError(error: WireError): FailureStatus {
  if (error.type !== STATUS_TYPE) return STATUS_BY_TYPE.get(error.type.toLowerCase()) ?? 'permanent'
  const status = isStatus(error.message) ? error.message : statusOfCode(Number(error.message))
  return status === 'ok' ? 'permanent' : status
}

/** Maximum length of a reported chain of causes: the same as the one that is searched for a status. */
const CAUSES_MAX = 15

/** Between the stack of an error and that of its cause. */
const CAUSED_BY = '\ncaused by: '

/** Maximum length of a reported stack trace in UTF-16 units. A stack has ten lines, but its message may be of any length. */
const TRACE_LENGTH_MAX = 32_768

/** Falls back to the name of the constructor for a class that does not set `name`. */
function typeNameOf(error: object): string {
  const name = textOf(() => (error as { name?: unknown }).name ?? '')
  if (name !== '' && name !== 'Error') return name
  return textOf(() => (error.constructor as { name?: unknown } | undefined)?.name ?? '') || 'Error'
}

/** The stack of an error, and those of its causes, `countMax` in all. */
function traceOf(error: object, countMax: number): string {
  const traces: string[] = []
  const seen = new Set<unknown>()
  let current: unknown = error
  while (typeof current === 'object' && current !== null && !seen.has(current) && seen.size < countMax) {
    const one = current as { stack?: unknown; remoteStack?: unknown; cause?: unknown }
    seen.add(current)
    const stack = textOf(() => one.stack ?? '')
    const remoteStack = textOf(() => one.remoteStack ?? '')
    // Of an error that came over the wire, the stack is made of the remote one.
    const isSame = remoteStack.startsWith(stack) || stack.endsWith(remoteStack)
    traces.push(...[stack, isSame ? '' : remoteStack].filter((it) => it !== ''))
    current = attempt(() => one.cause)
  }
  return traces.join(CAUSED_BY).slice(0, TRACE_LENGTH_MAX)
}

/** Getters, proxies and `toString` are user code and may throw. */
function textOf(read: () => unknown): string {
  return attempt(() => String(read())) ?? '(unreadable)'
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** A lone surrogate, which protobuf cannot carry, becomes U+FFFD. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}

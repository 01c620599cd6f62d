import { create } from '../proto/create.js'
import { DispatchError, type DispatchErrorOptions } from '../statuses/dispatch-error.js'
import { type FailureStatus, isStatus, STATUSES, type Status, statusOfCode } from '../statuses/statuses.js'
import { type WireError, WireErrorSchema } from './gen/dispatch-sdk-v1.js'

/**
 * The language-independent form of a thrown value. `value` stays empty, because a Python peer would unpickle it
 * (conformance case R22). Never throws, whatever was thrown.
 */
export function toWireError(error: unknown): WireError {
  const isError = isObject(error) && attempt(() => 'message' in error || 'stack' in error) === true
  return create(WireErrorSchema, {
    type: wellFormed(isError ? typeNameOf(error) : 'Error'),
    message: wellFormed(
      isError ? textOf(() => (error as { message?: unknown }).message) : textOf(() => error),
    ),
    traceback: Buffer.from(isError ? traceOf(error) : ''),
  })
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
 * An error of another process as an error to throw in this one. Its name is its type in that process. A wire error has
 * no status: one of our types gets the status of that type, any other is `permanent` (conformance case R21).
 */
export function fromWireError(error: WireError, options: FromWireErrorOptions = {}): DispatchError {
  const { status, ...rest } = options
  const remoteStack = Buffer.from(error.traceback).toString()
  return new DispatchError(
    status ?? statusOfWireError(error),
    error.message || error.type || 'unknown error',
    {
      ...rest,
      ...(error.type === '' ? {} : { name: error.type }),
      ...(remoteStack === '' ? {} : { remoteStack }),
    },
  )
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

/** Maximum length of a reported stack trace in UTF-16 units. A stack has ten lines, but its message may be of any length. */
const TRACE_LENGTH_MAX = 32_768

/** Falls back to the name of the constructor for a class that does not set `name`. */
function typeNameOf(error: object): string {
  const name = textOf(() => (error as { name?: unknown }).name ?? '')
  if (name !== '' && name !== 'Error') return name
  return textOf(() => (error.constructor as { name?: unknown } | undefined)?.name ?? '') || 'Error'
}

function traceOf(error: object): string {
  const traces: string[] = []
  const seen = new Set<unknown>()
  let current: unknown = error
  while (typeof current === 'object' && current !== null && !seen.has(current) && seen.size < CAUSES_MAX) {
    const one = current as { stack?: unknown; remoteStack?: unknown; cause?: unknown }
    seen.add(current)
    traces.push(
      ...[textOf(() => one.stack ?? ''), textOf(() => one.remoteStack ?? '')].filter((it) => it !== ''),
    )
    current = attempt(() => one.cause)
  }
  return traces.join('\ncaused by: ').slice(0, TRACE_LENGTH_MAX)
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

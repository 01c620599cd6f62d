import { DispatchError, type DispatchErrorOptions } from './dispatch-error.js'
import { type FailureStatus, STATUSES, type Status } from './statuses.js'

/** Makes a {@link DispatchError} with this one status. `instanceof` it asks for that status. */
export interface NamedErrorConstructor<S extends FailureStatus = FailureStatus> {
  new (message: string, options?: DispatchErrorOptions): DispatchError & { readonly status: S }
  readonly prototype: DispatchError & { readonly status: S }
  readonly status: S
}

/** A constructor for every failure status, by the name that {@link STATUSES} gives it. */
export const ERRORS = Object.freeze(
  Object.fromEntries(
    (Object.keys(STATUSES) as Status[])
      .filter((status): status is FailureStatus => status !== 'ok')
      .map((status) => [STATUSES[status].errorName, namedError(status)]),
  ),
) as { readonly [S in FailureStatus as (typeof STATUSES)[S]['errorName']]: NamedErrorConstructor<S> }

export const {
  TimeoutError,
  ThrottledError,
  InvalidArgumentError,
  InvalidResponseError,
  TemporaryError,
  PermanentError,
  IncompatibleStateError,
  DnsError,
  TcpError,
  TlsError,
  HttpError,
  UnauthenticatedError,
  PermissionDeniedError,
  NotFoundError,
} = ERRORS

function namedError(status: FailureStatus): NamedErrorConstructor {
  const Named = class extends DispatchError {
    static readonly status = status

    constructor(message: string, options?: DispatchErrorOptions) {
      super(status, message, options)
    }

    static override [Symbol.hasInstance](value: unknown): boolean {
      // biome-ignore lint/complexity/noThisInStatic: a subclass inherits this, and is not what every such error is.
      if (this !== Named) return Function.prototype[Symbol.hasInstance].call(this, value)
      return value instanceof DispatchError && value.status === status
    }
  }
  Object.defineProperty(Named, 'name', { value: STATUSES[status].errorName })
  return Named
}

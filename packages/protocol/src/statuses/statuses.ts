/**
 * The status of a run decides whether its call is retried and how the concurrency limit of its function changes. This
 * table is the only definition; docs/reference/statuses.md and the named error constructors are derived from it or
 * tested against it.
 *
 * Source: status numbers of `dispatch.sdk.v1.Status`; which status retries and slows down as in the original.
 */
export interface StatusRow {
  /** Number on the wire. */
  readonly code: number
  /** `yes`: the same run again after a back-off. `restart`: from the call's input. `no`: the call is done. */
  readonly retry: 'yes' | 'restart' | 'no'
  /** What the adaptive concurrency limit of the function does. */
  readonly concurrency: 'increase' | 'decrease' | 'keep'
  /** Name of the constructor that makes a `DispatchError` with this status. */
  readonly errorName: string
  /** One sentence, for documentation and screens. */
  readonly summary: string
  /** Codes of Node.js, undici, OpenSSL and c-ares errors that mean this status. A final `*` stands for any rest. */
  readonly systemCodes: readonly string[]
}

/** The table of statuses: for each, its number on the wire, and its effect on retry and concurrency. */
export const STATUSES = {
  ok: {
    code: 1,
    retry: 'no',
    concurrency: 'increase',
    errorName: '',
    summary: 'The function returned.',
    systemCodes: [],
  },
  timeout: {
    code: 2,
    retry: 'yes',
    concurrency: 'decrease',
    errorName: 'TimeoutError',
    summary: 'A run, a request or a wait took too long.',
    systemCodes: [
      'ETIMEDOUT',
      'ESOCKETTIMEDOUT',
      'ERR_SOCKET_CONNECTION_TIMEOUT',
      'UND_ERR_CONNECT_TIMEOUT',
      'UND_ERR_HEADERS_TIMEOUT',
      'UND_ERR_BODY_TIMEOUT',
      'ERR_TLS_HANDSHAKE_TIMEOUT',
    ],
  },
  throttled: {
    code: 3,
    retry: 'yes',
    concurrency: 'decrease',
    errorName: 'ThrottledError',
    summary: 'A dependency asked to be called less often.',
    systemCodes: [],
  },
  invalid_argument: {
    code: 4,
    retry: 'no',
    concurrency: 'increase',
    errorName: 'InvalidArgumentError',
    summary: 'The input is wrong, and would be wrong again.',
    systemCodes: [
      'EINVAL',
      'ERR_INVALID_ARG_TYPE',
      'ERR_INVALID_ARG_VALUE',
      'ERR_OUT_OF_RANGE',
      'ERR_INVALID_URL',
      'UND_ERR_INVALID_ARG',
    ],
  },
  invalid_response: {
    code: 5,
    retry: 'no',
    concurrency: 'increase',
    errorName: 'InvalidResponseError',
    summary: 'A dependency, or the function itself, returned an answer of the wrong shape.',
    systemCodes: [
      'HPE_*',
      'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
      'UND_ERR_HEADERS_OVERFLOW',
      'UND_ERR_RES_EXCEEDED_MAX_SIZE',
      'ERR_HTTP2_*',
    ],
  },
  temporary: {
    code: 6,
    retry: 'yes',
    concurrency: 'decrease',
    errorName: 'TemporaryError',
    summary: 'A failure that is likely to pass.',
    systemCodes: [
      'ABORT_ERR',
      'UND_ERR_ABORTED',
      'EAGAIN',
      'EINTR',
      'EMFILE',
      'ENFILE',
      'EBUSY',
      'ENOBUFS',
      'UND_ERR_CLOSED',
      'UND_ERR_DESTROYED',
      'ERR_STREAM_PREMATURE_CLOSE',
      'ERR_STREAM_DESTROYED',
    ],
  },
  permanent: {
    code: 7,
    retry: 'no',
    concurrency: 'increase',
    errorName: 'PermanentError',
    summary: 'The function failed and would fail again. Also: an error that no rule classifies.',
    systemCodes: [],
  },
  incompatible_state: {
    code: 8,
    retry: 'restart',
    concurrency: 'keep',
    errorName: 'IncompatibleStateError',
    summary: 'The code has changed so that a suspended call cannot continue; it starts again from its input.',
    systemCodes: [],
  },
  dns: {
    code: 9,
    retry: 'yes',
    concurrency: 'decrease',
    errorName: 'DnsError',
    summary: 'A host name could not be resolved.',
    systemCodes: [
      'ENOTFOUND',
      'EAI_*',
      'ENODATA',
      'ESERVFAIL',
      'EFORMERR',
      'ENOTIMP',
      'EREFUSED',
      'EBADQUERY',
      'EBADNAME',
      'EBADFAMILY',
      'EBADRESP',
      'ENONAME',
      'ECANCELLED',
      'ETIMEOUT',
    ],
  },
  tcp: {
    code: 10,
    retry: 'yes',
    concurrency: 'decrease',
    errorName: 'TcpError',
    summary: 'A connection was refused, reset or could not be made.',
    systemCodes: [
      'ECONNREFUSED',
      'ECONNRESET',
      'ECONNABORTED',
      'EPIPE',
      'ENETDOWN',
      'ENETUNREACH',
      'ENETRESET',
      'EHOSTDOWN',
      'EHOSTUNREACH',
      'EADDRNOTAVAIL',
      'ENOTCONN',
      'UND_ERR_SOCKET',
      'ERR_SOCKET_CLOSED',
    ],
  },
  tls: {
    code: 11,
    retry: 'yes',
    concurrency: 'decrease',
    errorName: 'TlsError',
    summary: 'A TLS handshake failed, or a certificate was not accepted.',
    systemCodes: [
      'CERT_*',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_CRL',
      'ERR_TLS_*',
      'ERR_SSL_*',
      'EPROTO',
    ],
  },
  http: {
    code: 12,
    retry: 'yes',
    concurrency: 'decrease',
    errorName: 'HttpError',
    summary: 'An HTTP exchange went wrong below the level of its status code.',
    systemCodes: ['UND_ERR_NOT_SUPPORTED', 'ERR_HTTP_*'],
  },
  unauthenticated: {
    code: 13,
    retry: 'no',
    concurrency: 'increase',
    errorName: 'UnauthenticatedError',
    summary: 'A dependency did not accept the credentials.',
    systemCodes: [],
  },
  permission_denied: {
    code: 14,
    retry: 'no',
    concurrency: 'increase',
    errorName: 'PermissionDeniedError',
    summary: 'The credentials do not allow this.',
    systemCodes: ['EPERM', 'EACCES'],
  },
  not_found: {
    code: 15,
    retry: 'no',
    concurrency: 'increase',
    errorName: 'NotFoundError',
    summary: 'What the function needs, or the function itself, does not exist.',
    systemCodes: ['ENOENT'],
  },
} as const satisfies Record<string, StatusRow>

/** Name of a row of {@link STATUSES}. */
export type Status = keyof typeof STATUSES

/** Every status but `ok`: what a {@link DispatchError} can carry. */
export type FailureStatus = Exclude<Status, 'ok'>

const STATUS_BY_CODE = new Map<number, Status>(
  (Object.keys(STATUSES) as Status[]).map((status) => [STATUSES[status].code, status]),
)

/** The number of a status in `dispatch.sdk.v1.Status`. */
export function codeOfStatus(status: Status): number {
  return STATUSES[status].code
}

/**
 * The status of a number on the wire. Numbers that have no row, and 0, read as `permanent`: it is not known that
 * trying again would help (conformance case Q26).
 */
export function statusOfCode(code: number): Status {
  return STATUS_BY_CODE.get(code) ?? 'permanent'
}

/** Whether `value` is the name of a status. */
export function isStatus(value: unknown): value is Status {
  return typeof value === 'string' && Object.hasOwn(STATUSES, value)
}

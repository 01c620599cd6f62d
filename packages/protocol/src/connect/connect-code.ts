import type { FailureStatus, Status } from '../statuses/statuses.js'

/** What a code of the Connect protocol means. */
export interface ConnectCodeRow {
  /** HTTP status of a response that fails with this code. */
  readonly httpStatus: number
  /** Status of a run that fails because a dependency responded with this code. As in the original Go SDK. */
  readonly status: FailureStatus
}

/** The sixteen error codes of the Connect protocol, which are those of gRPC without `ok`. */
export const CONNECT_CODES = {
  canceled: { httpStatus: 499, status: 'timeout' },
  unknown: { httpStatus: 500, status: 'temporary' },
  invalid_argument: { httpStatus: 400, status: 'invalid_argument' },
  deadline_exceeded: { httpStatus: 504, status: 'timeout' },
  not_found: { httpStatus: 404, status: 'not_found' },
  already_exists: { httpStatus: 409, status: 'permanent' },
  permission_denied: { httpStatus: 403, status: 'permission_denied' },
  resource_exhausted: { httpStatus: 429, status: 'throttled' },
  failed_precondition: { httpStatus: 400, status: 'permanent' },
  aborted: { httpStatus: 409, status: 'permanent' },
  out_of_range: { httpStatus: 400, status: 'invalid_argument' },
  unimplemented: { httpStatus: 501, status: 'not_found' },
  internal: { httpStatus: 500, status: 'temporary' },
  unavailable: { httpStatus: 503, status: 'temporary' },
  data_loss: { httpStatus: 500, status: 'permanent' },
  unauthenticated: { httpStatus: 401, status: 'unauthenticated' },
} as const satisfies Record<string, ConnectCodeRow>

/** Name of a row of {@link CONNECT_CODES}. */
export type ConnectCode = keyof typeof CONNECT_CODES

/** Whether `value` is the name of a Connect code. */
export function isConnectCode(value: unknown): value is ConnectCode {
  return typeof value === 'string' && Object.hasOwn(CONNECT_CODES, value)
}

/**
 * The code with which our services report a failure. A client that maps it back by {@link CONNECT_CODES} retries
 * if and only if the failure is retryable.
 */
export function connectCodeOfStatus(status: Exclude<Status, 'ok'>): ConnectCode {
  return CODE_BY_STATUS[status]
}

const CODE_BY_STATUS: Readonly<Record<FailureStatus, ConnectCode>> = {
  timeout: 'deadline_exceeded',
  throttled: 'resource_exhausted',
  invalid_argument: 'invalid_argument',
  invalid_response: 'data_loss',
  temporary: 'unavailable',
  permanent: 'failed_precondition',
  incompatible_state: 'failed_precondition',
  dns: 'unavailable',
  tcp: 'unavailable',
  tls: 'unavailable',
  http: 'unavailable',
  unauthenticated: 'unauthenticated',
  permission_denied: 'permission_denied',
  not_found: 'not_found',
}

/**
 * The code of an HTTP response without a Connect error, for example one from a proxy. Follows the Connect protocol and
 * its Go library.
 */
export function connectCodeOfHttp(httpStatus: number): ConnectCode {
  return CODE_BY_HTTP_STATUS.get(httpStatus) ?? 'unknown'
}

const CODE_BY_HTTP_STATUS: ReadonlyMap<number, ConnectCode> = new Map([
  [400, 'internal'],
  [401, 'unauthenticated'],
  [403, 'permission_denied'],
  [404, 'unimplemented'],
  [429, 'unavailable'],
  [502, 'unavailable'],
  [503, 'unavailable'],
  [504, 'unavailable'],
])

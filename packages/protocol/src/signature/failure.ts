/** The refusal of a request with an unusable (401) or a wrong (403) signature. */
export interface VerificationFailure {
  readonly status: 401 | 403
  readonly code: 'unauthenticated' | 'permission_denied'
  readonly message: string
}

/** A {@link VerificationFailure} with the code of its status. */
export function failed(status: 401 | 403, message: string): VerificationFailure {
  return { status, code: status === 401 ? 'unauthenticated' : 'permission_denied', message }
}

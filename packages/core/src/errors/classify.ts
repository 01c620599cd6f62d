import {
  DispatchError,
  type FailureStatus,
  isStatus,
  retryAfterMsOfHeaders,
  type Status,
  statusOfHttp,
  statusOfSystemCode,
} from '@dispatch/protocol'
import { CONNECT_CODES, type ConnectCode, isConnectCode } from '@dispatch/protocol/connect'
import { isAggregateError } from '@dispatch/protocol/text'
import { systemNowMs } from '@dispatch/protocol/time'
import { isHttpResponseValue } from '@dispatch/protocol/values'
import { isFetchResponse } from '../coroutine/definition/http-output.js'
import { type Class, type ClassRule, type ClassRules, createClassRules, type Rule } from './class-rules.js'

/*
 * The status of a thrown value. The rules are applied in this order to the value, then to its cause, and so on; the first
 * that gives a status decides.
 *
 * R1. A DispatchError, of any copy of the package, has its own status.
 * R2. A class that the application registered, the most specific first.
 * R3. An AbortError has the status of its cause, the reason of the signal; `temporary` if that has none.
 * R4. An AggregateError has the status that all its errors have. If they differ: that of its own code, which Node.js sets
 *     when no address of a host can be reached; else `permanent`.
 * R5. An error with an HTTP status code has the status of that code, and its Retry-After.
 * R6. `code`: a Connect code, a system code of STATUSES, or a gRPC number in an error that has the shape of gRPC errors.
 * R7. `name`: TimeoutError, HTTPParserError.
 *
 * Any other value has the status for unknown errors; so have TypeError, RangeError and similar ones, which are bugs.
 */

/** How a run ends that threw a value. */
export interface Classified {
  readonly status: FailureStatus
  /** Earliest time of the next attempt, in milliseconds from now, if the error has one. */
  readonly retryAfterMs?: number | undefined
}

/** Statuses of thrown and of returned values. */
export interface Classifier {
  /** Never throws. @param unknownErrorStatus - The status when no rule gives one. Default `permanent`. */
  classify(error: unknown, unknownErrorStatus?: FailureStatus): Classified
  /**
   * `ok`, except for registered classes and for HTTP responses, which have the status of their status code (conformance
   * cases E25, E26). Never throws.
   */
  statusOfOutput(output: unknown): Status
}

export interface ClassifierOptions {
  /** Statuses of errors by class, made by {@link errorType}. */
  readonly errorTypes?: Iterable<ErrorType> | undefined
  /** Statuses of outputs by class, made by {@link outputType}. */
  readonly outputTypes?: Iterable<OutputType> | undefined
  /** Epoch milliseconds that a `Retry-After` date is compared with. Default: the clock. */
  readonly nowMs?: (() => number) | undefined
}

/** The status of a class of errors, made by {@link errorType}. */
export type ErrorType = ClassRule<FailureStatus>
/** The status of a class of outputs, made by {@link outputType}. */
export type OutputType = ClassRule<Status>

/**
 * Sets the status of the errors of a class, and of classes that extend it and have no rule of their own: a status, or a
 * function that takes the error and returns a status, or `undefined` to continue with the other rules.
 */
export function errorType<E>(type: Class<E>, rule: Rule<E, FailureStatus>): ErrorType {
  return [type, rule]
}

/** Like {@link errorType}, for values that functions return: with a retryable status, a call is retried although it returned. */
export function outputType<O>(type: Class<O>, rule: Rule<O, Status>): OutputType {
  return [type, rule]
}

/** @throws {TypeError} When an entry of the options is not a class and a rule for it. */
export function createClassifier(options: ClassifierOptions = {}): Classifier {
  const { errorTypes = [], outputTypes = [], nowMs = systemNowMs } = options
  const errorRules = createClassRules<FailureStatus>(errorTypes, isFailureStatus, 'option errorTypes')
  const outputRules = createClassRules<Status>(outputTypes, isStatus, 'option outputTypes')
  return {
    classify(error, unknownErrorStatus = 'permanent') {
      try {
        return (
          classifyChain(error, { errorRules, unknownErrorStatus, nowMs }, 0) ?? { status: unknownErrorStatus }
        )
      } catch {
        // A getter or a proxy threw.
        return { status: unknownErrorStatus }
      }
    },
    statusOfOutput(output) {
      if (typeof output !== 'object' || output === null) return 'ok'
      try {
        return outputRules.find(output) ?? statusOfHttpOutput(output) ?? 'ok'
      } catch {
        return 'ok'
      }
    },
  }
}

/** The classifier without registered classes. */
export const { classify, statusOfOutput } = createClassifier()

/** Deepest nesting of causes and aggregates, as in the original Go SDK. A deeper one is a cycle or hostile. */
const DEPTH_MAX = 15

interface Rules {
  readonly errorRules: ClassRules<FailureStatus>
  readonly unknownErrorStatus: FailureStatus
  readonly nowMs: () => number
}

/** Properties that errors of various libraries have. */
interface ErrorLike {
  readonly name?: unknown
  readonly code?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
  readonly status?: unknown
  readonly statusCode?: unknown
  readonly headers?: unknown
  readonly response?: unknown
}

function classifyChain(error: unknown, rules: Rules, depth: number): Classified | undefined {
  if (typeof error !== 'object' || error === null || depth >= DEPTH_MAX) return undefined
  // A newer copy of the package may have more statuses than this one.
  if (error instanceof DispatchError && isFailureStatus(error.status)) return ofDispatchError(error)
  const registered = rules.errorRules.find(error)
  if (registered !== undefined) return { status: registered }
  const { name, code, cause, errors } = error as ErrorLike
  if (name === 'AbortError' || code === 'ABORT_ERR' || code === 'UND_ERR_ABORTED') {
    return classifyChain(cause, rules, depth + 1) ?? { status: 'temporary' }
  }
  const classified =
    (Array.isArray(errors) && isAggregateError(error)
      ? ofAggregate(errors, code, rules, depth)
      : undefined) ??
    ofHttp(error, rules.nowMs) ??
    ofCode(code, error) ??
    ofName(name)
  return classified ?? classifyChain(cause, rules, depth + 1)
}

function ofDispatchError({ status, retryAfterMs }: DispatchError): Classified {
  return retryAfterMs === undefined ? { status } : { status, retryAfterMs }
}

function ofAggregate(errors: unknown[], code: unknown, rules: Rules, depth: number): Classified | undefined {
  const all = errors.map(
    (inner) => classifyChain(inner, rules, depth + 1) ?? { status: rules.unknownErrorStatus },
  )
  const [first] = all
  if (first === undefined) return undefined
  if (all.some(({ status }) => status !== first.status)) return ofCode(code, {}) ?? { status: 'permanent' }
  const retryAfterMs = Math.max(...all.map((inner) => inner.retryAfterMs ?? 0))
  return retryAfterMs === 0 ? { status: first.status } : { status: first.status, retryAfterMs }
}

function ofHttp(error: ErrorLike, nowMs: () => number): Classified | undefined {
  const response = typeof error.response === 'object' && error.response !== null ? error.response : undefined
  const { status, statusCode, headers } = (response ?? {}) as ErrorLike
  const httpStatus = [status, statusCode, error.statusCode, error.status].find((it) => typeof it === 'number')
  const runStatus = httpStatus === undefined ? undefined : statusOfHttp(httpStatus)
  // A client may also fail on a successful response, whose status code is then irrelevant.
  if (runStatus === undefined || runStatus === 'ok') return undefined
  const retryAfterMs = retryAfterMsOfHeaders(headers ?? error.headers, nowMs())
  return retryAfterMs === undefined ? { status: runStatus } : { status: runStatus, retryAfterMs }
}

function ofCode(code: unknown, error: object): Classified | undefined {
  if (typeof code === 'number') {
    const connectCode = looksLikeGrpc(error) ? GRPC_CODES[code - 1] : undefined
    return connectCode && { status: CONNECT_CODES[connectCode].status }
  }
  if (typeof code !== 'string') return undefined
  const status = isConnectCode(code) ? CONNECT_CODES[code].status : statusOfSystemCode(code)
  return status && { status }
}

/** ConnectError of connect-es; ServiceError of grpc-js, which has no distinct name. */
function looksLikeGrpc(error: object): boolean {
  return (error as ErrorLike).name === 'ConnectError' || ('details' in error && 'metadata' in error)
}

/** Connect codes in the order of gRPC numbers, which start at 1. */
const GRPC_CODES: readonly ConnectCode[] = [
  'canceled',
  'unknown',
  'invalid_argument',
  'deadline_exceeded',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unimplemented',
  'internal',
  'unavailable',
  'data_loss',
  'unauthenticated',
]

function ofName(name: unknown): Classified | undefined {
  if (name === 'TimeoutError') return { status: 'timeout' }
  return name === 'HTTPParserError' ? { status: 'invalid_response' } : undefined
}

function isFailureStatus(value: unknown): value is FailureStatus {
  return isStatus(value) && value !== 'ok'
}

function statusOfHttpOutput(output: object): Status | undefined {
  if (isHttpResponseValue(output)) return statusOfHttp(output.status_code ?? 0) ?? 'permanent'
  return isFetchResponse(output) ? (statusOfHttp(output.status) ?? 'permanent') : undefined
}

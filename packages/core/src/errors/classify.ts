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
import { systemNowMs } from '@dispatch/protocol/time'
import { isHttpResponseValue } from '@dispatch/protocol/values'
import { isFetchResponse } from '../coroutine/definition/http-output.js'
import { type Class, type ClassRule, type ClassRules, createClassRules, type Rule } from './class-rules.js'

/*
 * What a thrown value means. It and its causes are looked at, from the outside in, by these rules in this order; the
 * first that says something wins.
 *
 * R1. A DispatchError, of any copy of the package, has its status.
 * R2. A class that the application registered, the most specific first.
 * R3. An AbortError means what its cause, the reason of the signal, means; without a telling one it is `temporary`.
 * R4. An AggregateError means what all its errors mean. If they differ: what its own code means, which Node.js gives
 *     it when no address of a host can be reached; else `permanent`.
 * R5. An error with an HTTP status code means what that means; its Retry-After is kept.
 * R6. `code`: a Connect code, a system code of STATUSES, or a number of gRPC in an error that looks like gRPC's.
 * R7. `name`: TimeoutError, HTTPParserError.
 *
 * What nobody knows has the status for unknown errors; so have TypeError, RangeError and the like, which are bugs.
 */

/** What a thrown value means for its run. */
export interface Classified {
  readonly status: FailureStatus
  /** Earliest time for the next attempt, in milliseconds from now, if the error knows. */
  readonly retryAfterMs?: number | undefined
}

/** Statuses of thrown and of returned values. */
export interface Classifier {
  /** Never throws, whatever was thrown. @param unknownErrorStatus - Of what nobody knows. Default `permanent`. */
  classify(error: unknown, unknownErrorStatus?: FailureStatus): Classified
  /**
   * `ok`, but for registered classes and for HTTP responses, which mean what their status code means (conformance
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

/** What a thrown value means where nothing is registered. */
export const { classify, statusOfOutput } = createClassifier()

/** Causes and aggregates are followed this far, as in the original Go SDK. Deeper is a cycle or hostile. */
const DEPTH_MAX = 15

interface Rules {
  readonly errorRules: ClassRules<FailureStatus>
  readonly unknownErrorStatus: FailureStatus
  readonly nowMs: () => number
}

/** The properties that errors of all libraries may have. */
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
  // A newer copy of the package may know more statuses than this one.
  if (error instanceof DispatchError && isFailureStatus(error.status)) return ofDispatchError(error)
  const registered = rules.errorRules.find(error)
  if (registered !== undefined) return { status: registered }
  const { name, code, cause, errors } = error as ErrorLike
  if (name === 'AbortError' || code === 'ABORT_ERR' || code === 'UND_ERR_ABORTED') {
    return classifyChain(cause, rules, depth + 1) ?? { status: 'temporary' }
  }
  const classified =
    (Array.isArray(errors) && error instanceof AggregateError
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
  const meaning = httpStatus === undefined ? undefined : statusOfHttp(httpStatus)
  // A client may also fail on a good response, whose status code then says nothing.
  if (meaning === undefined || meaning === 'ok') return undefined
  const retryAfterMs = retryAfterMsOfHeaders(headers ?? error.headers, nowMs())
  return retryAfterMs === undefined ? { status: meaning } : { status: meaning, retryAfterMs }
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

/** ConnectError of connect-es; ServiceError of grpc-js, which has no name of its own. */
function looksLikeGrpc(error: object): boolean {
  return (error as ErrorLike).name === 'ConnectError' || ('details' in error && 'metadata' in error)
}

/** Connect's codes in the order of gRPC's numbers, which begin with 1. */
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

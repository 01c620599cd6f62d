import { DispatchError } from '@dispatch/protocol'
import { FUNCTION_NAME_PATTERN, NAME_LENGTH_MAX } from '@dispatch/protocol/bounds'
import { type Any, type Call, encodeAny, type WireDuration } from '@dispatch/protocol/messages'
import type { NewCall } from '../kernel/events/events.js'

/** Most calls of one Dispatch request. */
export const DISPATCH_CALLS_MAX = 10_000

/** Longest expiration, delay and give-up time: a hundred years, so that sums stay exact. */
const DURATION_SECONDS_MAX = 3_155_760_000n

/** Only a few priorities are in use concurrently; the range excludes mistakes. */
const PRIORITY_MAX = 1_000

/** Ids of children grow with the depth of the tree. */
const ID_LENGTH_MAX = 2048

const ENDPOINT_SCHEMES = ['http://', 'https://', 'bridge://', 'arn:aws:lambda']

const EMPTY_INPUT: Any = {
  $typeName: 'google.protobuf.Any',
  typeUrl: 'type.googleapis.com/google.protobuf.Empty',
  value: new Uint8Array(),
}

/**
 * Checks the calls of one request.
 *
 * @throws {DispatchError} `invalid_argument`, naming the first invalid field; then nothing of the request may be recorded
 *   (conformance cases Q02, Q03).
 */
export function assertCalls(calls: readonly Call[]): void {
  if (calls.length > DISPATCH_CALLS_MAX) {
    throw new DispatchError(
      'invalid_argument',
      `calls: expected at most ${DISPATCH_CALLS_MAX} calls in one request, got ${calls.length}; split them over several requests`,
    )
  }
  const problem = problemIn(calls, 'calls', { endpointRequired: true })
  if (problem !== undefined) throw new DispatchError('invalid_argument', problem)
}

/** The problem of the first invalid call, as of {@link problemOf}, with its path. */
export function problemIn(
  calls: readonly Call[],
  path: string,
  options: { readonly endpointRequired: boolean },
): string | undefined {
  for (let index = 0; index < calls.length; index++) {
    const problem = problemOf(calls[index] as Call, options)
    if (problem !== undefined) return `${path}[${index}].${problem}`
  }
  return undefined
}

/**
 * The problem of an invalid call, beginning with the field; `undefined` when the call is valid. In a Poll the endpoint may be
 * empty (Q08).
 */
export function problemOf(call: Call, options: { readonly endpointRequired: boolean }): string | undefined {
  return (
    endpointProblem(call.endpoint, options.endpointRequired) ??
    functionProblem(call.function) ??
    idProblem(call.dispatchId) ??
    durationProblem(call.expiration, 'expiration') ??
    durationProblem(call.delay, 'delay') ??
    durationProblem(call.giveUpAfter, 'give_up_after') ??
    durationProblem(call.runTimeout, 'run_timeout') ??
    priorityProblem(call.priority) ??
    keyProblem(call)
  )
}

/** A valid call as the kernel takes it. */
export function newCallOf(call: Call): NewCall {
  return {
    endpoint: call.endpoint,
    function: call.function,
    version: call.version,
    options: {
      attemptsMax: call.attemptsMax,
      giveUpAfterMs: millisecondsOf(call.giveUpAfter),
      concurrencyMax: call.concurrencyMax,
      runMsMax: millisecondsOf(call.runTimeout),
      priority: call.priority,
      concurrencyKeyMax: call.concurrencyKeyMax,
    },
    concurrencyKey: call.concurrencyKey,
    input: encodeAny(call.input ?? EMPTY_INPUT),
    expirationMs: millisecondsOf(call.expiration),
    delayMs: millisecondsOf(call.delay),
  }
}

function priorityProblem(priority: number): string | undefined {
  if (Math.abs(priority) <= PRIORITY_MAX) return undefined
  return `priority: expected -${PRIORITY_MAX} to ${PRIORITY_MAX}, got ${priority}`
}

function keyProblem({ concurrencyKey, concurrencyKeyMax }: Call): string | undefined {
  if (concurrencyKey === '') return undefined
  if (concurrencyKey.length > NAME_LENGTH_MAX) {
    return `concurrency_key: expected at most ${NAME_LENGTH_MAX} characters, got ${concurrencyKey.length}`
  }
  return concurrencyKeyMax > 0
    ? undefined
    : `concurrency_key_max: expected 1 or more with a concurrency_key, got 0`
}

/** Consecutive calls mostly have the same endpoint, and validating a URL takes longer than the rest of a call. */
let lastValidEndpoint: string | undefined

function endpointProblem(endpoint: string, isRequired: boolean): string | undefined {
  if (endpoint === lastValidEndpoint || (endpoint === '' && !isRequired)) return undefined
  if (endpoint === '') return `endpoint: expected the URL of the application, got none`
  const scheme = ENDPOINT_SCHEMES.find((prefix) => endpoint.startsWith(prefix))
  if (scheme === undefined) {
    return `endpoint: expected a URL that starts with ${ENDPOINT_SCHEMES.join(', ')}, got ${quote(endpoint)}`
  }
  if (endpoint.length > 2048) return `endpoint: expected at most 2048 characters, got ${endpoint.length}`
  if (scheme !== 'arn:aws:lambda' && !URL.canParse(endpoint)) {
    return `endpoint: expected a URL, got ${quote(endpoint)}`
  }
  lastValidEndpoint = endpoint
  return undefined
}

function functionProblem(name: string): string | undefined {
  if (FUNCTION_NAME_PATTERN.test(name) && name.length <= NAME_LENGTH_MAX) return undefined
  return `function: expected a name that matches ${FUNCTION_NAME_PATTERN.source}, got ${quote(name)}`
}

function idProblem(id: string): string | undefined {
  if (id === '') return undefined
  if (id.length > ID_LENGTH_MAX || !/^[\x21-\x7e]+$/.test(id)) {
    return `dispatch_id: expected at most ${ID_LENGTH_MAX} visible ASCII characters, got ${quote(id)}`
  }
  // Ids of children end so: this one could collide with a child that is made later.
  if (/\/[\d.]+$/.test(id))
    return `dispatch_id: expected an id that does not end in a slash and a number, got ${quote(id)}`
  return undefined
}

function durationProblem(duration: WireDuration | undefined, field: string): string | undefined {
  if (duration === undefined) return undefined
  if (duration.seconds < 0n || duration.nanos < 0)
    return `${field}: expected a duration of 0 or more, got a negative one`
  if (duration.seconds > DURATION_SECONDS_MAX)
    return `${field}: expected at most ${DURATION_SECONDS_MAX} seconds, got ${duration.seconds}`
  return undefined
}

/** Rounded up, so that a limit of less than a millisecond does not become 0, which means none. */
export function millisecondsOf(duration: WireDuration | undefined): number {
  return duration === undefined ? 0 : Math.ceil(Number(duration.seconds) * 1000 + duration.nanos / 1e6)
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

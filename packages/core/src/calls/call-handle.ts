import { DispatchError, type Scheduler, type Status, statusOfCode } from '@dispatch/protocol'
import { type Any, type CallInfo, CallState, timestampMs } from '@dispatch/protocol/messages'
import { checkOptions, describeValue, type OptionNames, parseDuration } from '@dispatch/protocol/text'
import { sleep } from '@dispatch/protocol/time'
import { droppableInside } from '../coroutine/life/current-coroutine.js'
import { outcomeOf } from './call-outcome.js'
import { followSignal } from './followed-signal.js'

/** Longest single wait: shorter than the timeouts of proxies. Milliseconds. */
const SINGLE_WAIT_MS_MAX = 30_000

/** Shortest time from the start of one wait to the start of the next. Milliseconds. */
const WAIT_MS_MIN = 50

/** The five states of a call. */
export type CallStateName = 'scheduled' | 'pending' | 'running' | 'suspended' | 'done'

/** The state of a call. */
export interface CallStatus {
  readonly id: string
  readonly state: CallStateName
  /** Status of the call; until it is done, that of its last attempt, if there was one. */
  readonly status?: Status
  /** Number of the attempt of its current run, from 1. */
  readonly attempt: number
  readonly function: string
  readonly createdAt?: Date
  readonly expiresAt?: Date
  /** When a scheduled call is due. */
  readonly dueAt?: Date
  readonly finishedAt?: Date
}

/** How long to wait for a result. */
export interface ResultOptions {
  /** Ends the wait; the call continues. Default: none. */
  readonly signal?: AbortSignal | undefined
  /** Longest wait, in milliseconds or as `'5s'`. Default: no limit. */
  readonly timeout?: number | string | undefined
}

const RESULT_OPTIONS = {
  signal: ['abortSignal'],
  timeout: ['timeoutMs', 'wait', 'waitMs'],
} as const satisfies OptionNames<ResultOptions>

/** A dispatched call. */
export interface CallHandle<Output> {
  /** The dispatch id: identifies the call permanently. */
  readonly id: string
  /**
   * Waits until the call is done and resolves with its output.
   *
   * @throws {DispatchError} With the status of the call, its `dispatchId` and its output if it has one, when it failed;
   *   `timeout` when it is not done in time; `not_found` when the call does not exist or is no longer retained.
   * @throws The reason of the signal, when that aborts.
   */
  result(options?: ResultOptions): Promise<Output>
  /**
   * The current state of the call.
   *
   * @throws {DispatchError} `not_found` when the call does not exist or is no longer retained.
   */
  status(): Promise<CallStatus>
  /** Cancels the call and every call below it, unless it is done. Resolves with the resulting state. */
  cancel(): Promise<CallStatus>
}

/** Options of a handle. */
export interface CallHandleOptions {
  /** Resolves with the scheduler that has the call. */
  readonly connect: () => Promise<Scheduler>
  readonly nowMs: () => number
  /** Default: `decodeValue`. */
  readonly decodeOutput?: ((output: Any | undefined) => unknown) | undefined
}

/** The handle of a call, whether it exists or not. */
export function createCallHandle<Output>(
  id: string,
  { connect, nowMs, decodeOutput }: CallHandleOptions,
): CallHandle<Output> {
  const wait = (timeoutMs: number | undefined, signal?: AbortSignal): Promise<CallInfo> =>
    waitForCall(connect, id, { timeoutMs, signal, nowMs })
  const result = async (options: ResultOptions | undefined): Promise<Output> => {
    const { signal, timeoutMs } = parseResultOptions(options)
    signal?.throwIfAborted()
    const info = await wait(timeoutMs, signal)
    if (info.state === CallState.DONE) return outputOf(info, decodeOutput) as Output
    throw new DispatchError('timeout', `call ${id} is not done after ${timeoutMs} ms; it continues`)
  }
  const status = async (method: 'get' | 'cancel'): Promise<CallStatus> =>
    callStatusOf(assertFound(await (await connect())[method](id), id))
  const handle: CallHandle<Output> = {
    id,
    result: (options) => droppableInside(result(options)),
    status: () => droppableInside(status('get')),
    cancel: () => droppableInside(status('cancel')),
  }
  return Object.freeze(Object.defineProperty(handle, WAIT, { value: wait }))
}

function parseResultOptions(value: unknown): { signal?: AbortSignal; timeoutMs?: number } {
  const { signal, timeout } = checkOptions(value, 'result(options)', RESULT_OPTIONS)
  if (signal !== undefined && typeof (signal as AbortSignal | null)?.addEventListener !== 'function') {
    throw new TypeError(`result(options).signal: expected an AbortSignal, got ${describeValue(signal)}`)
  }
  return {
    ...(signal === undefined ? {} : { signal: signal as AbortSignal }),
    ...(timeout === undefined
      ? {}
      : { timeoutMs: parseDuration(timeout as number | string, 'result(options).timeout') }),
  }
}

/** The same for every copy of this package. */
const WAIT: unique symbol = Symbol.for('dispatch.wait') as never

/**
 * The call of a handle when it is done, or after `timeoutMs`, whichever is first.
 *
 * @throws {DispatchError} `not_found` when the scheduler does not have it.
 * @throws The signal's reason, when that aborts.
 */
export async function callInfoOf(
  handle: CallHandle<unknown>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<CallInfo> {
  const { [WAIT]: wait } = (handle ?? {}) as {
    readonly [WAIT]?: (timeoutMs: number, signal?: AbortSignal) => Promise<CallInfo>
  }
  if (wait === undefined) {
    throw new TypeError(
      `expected the handle of a call, as dispatch() resolves with, got ${describeValue(handle)}`,
    )
  }
  return await wait(timeoutMs, signal)
}

interface WaitOptions {
  /** Absent: until it is done. */
  readonly timeoutMs: number | undefined
  readonly signal: AbortSignal | undefined
  readonly nowMs: () => number
}

/** The call when it is done, or after the timeout. @throws {DispatchError} `not_found`. */
async function waitForCall(
  connect: () => Promise<Scheduler>,
  id: string,
  options: WaitOptions,
): Promise<CallInfo> {
  const { timeoutMs = Number.POSITIVE_INFINITY, nowMs } = options
  const { signal, end } = followSignal(options.signal)
  try {
    const scheduler = await connect()
    const untilMs = nowMs() + timeoutMs
    while (true) {
      const startedMs = nowMs()
      const waitMs = Math.min(Math.max(0, untilMs - startedMs), SINGLE_WAIT_MS_MAX)
      signal?.throwIfAborted()
      let info: CallInfo
      try {
        info = assertFound(await scheduler.wait(id, waitMs, signal), id)
      } catch (error) {
        signal?.throwIfAborted()
        const pauseMs = pauseOf(error)
        if (pauseMs === undefined || nowMs() >= untilMs) throw error
        await pause(Math.min(pauseMs, untilMs - nowMs()), signal)
        continue
      }
      if (info.state === CallState.DONE) return info
      signal?.throwIfAborted()
      if (nowMs() >= untilMs) return info
      // A scheduler may answer early; one that always does must not make this a busy loop.
      await pause(Math.min(startedMs + WAIT_MS_MIN, untilMs) - nowMs(), signal)
    }
  } finally {
    end()
  }
}

/** Pause before the next request to a scheduler with too many waiters, in milliseconds. */
function pauseOf(error: unknown): number | undefined {
  if (!(error instanceof DispatchError) || error.status !== 'throttled') return undefined
  return error.retryAfterMs ?? WAIT_MS_MIN
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, signal && { signal }).catch(() => signal?.throwIfAborted())
}

function outputOf(info: CallInfo, decodeOutput: CallHandleOptions['decodeOutput']): unknown {
  const outcome = outcomeOf(info, decodeOutput)
  if (outcome.error !== undefined) throw outcome.error
  return outcome.output
}

/** The state of a call for users. */
export function callStatusOf(info: CallInfo): CallStatus {
  const { creationTime, expirationTime, dueTime, finishTime } = info
  return {
    id: info.dispatchId,
    state: STATE_NAMES.get(info.state) ?? 'pending',
    ...(info.status === 0 ? {} : { status: statusOfCode(info.status) }),
    attempt: info.attempt,
    function: info.function,
    ...(creationTime === undefined ? {} : { createdAt: new Date(timestampMs(creationTime)) }),
    ...(expirationTime === undefined ? {} : { expiresAt: new Date(timestampMs(expirationTime)) }),
    ...(dueTime === undefined ? {} : { dueAt: new Date(timestampMs(dueTime)) }),
    ...(finishTime === undefined ? {} : { finishedAt: new Date(timestampMs(finishTime)) }),
  }
}

const STATE_NAMES: ReadonlyMap<number, CallStateName> = new Map<number, CallStateName>([
  [CallState.SCHEDULED, 'scheduled'],
  [CallState.PENDING, 'pending'],
  [CallState.RUNNING, 'running'],
  [CallState.SUSPENDED, 'suspended'],
  [CallState.DONE, 'done'],
])

function assertFound(info: CallInfo | undefined, id: string): CallInfo {
  if (info !== undefined) return info
  throw new DispatchError(
    'not_found',
    `there is no call ${id}: it was never dispatched, or was pruned after its retention time`,
    {
      dispatchId: id,
    },
  )
}

import { isAggregateError, isError } from '@dispatch/protocol/text'
import { setImmediate, setTimeout } from '@dispatch/protocol/time'

/**
 * Keeps the process alive when a handler drops a promise that is derived from one of a step, as
 * `items.forEach(async (item) => { await save.await(item) })` does, and the step rejects.
 *
 * Rules.
 *  UR1 A rejection is taken if its reason is an error with which a step rejected, or was caused by one: by `cause`, or as one
 *      of the errors of an AggregateError.
 *  UR2 Any other rejection is left to the other listeners of the process. Where there is none, Node.js treats it as if this
 *      listener did not exist.
 *  UR3 There is a listener only while handlers are in progress, and for `LINGER_MS` after: a dropped promise may reject
 *      after its handler has returned.
 */
interface Guard {
  /** Errors with which steps rejected, and what to call when one is not handled. */
  readonly stepErrors: WeakMap<object, (() => void) | undefined>
  /** Handlers in progress. */
  holders: number
  isListening: boolean
  isTimerSet: boolean
}

/** UR3. Long enough for what a `catch` block does before it throws again. Milliseconds. */
const LINGER_MS = 1_000

/** Deepest nesting of causes and aggregates. A deeper one is a cycle or hostile. */
const DEPTH_MAX = 15

const GUARD = sharedGuard()

/** Notes an error with which a step rejected. */
export function noteStepError(error: unknown): void {
  if (typeof error !== 'object' || error === null || GUARD.stepErrors.has(error)) return
  GUARD.stepErrors.set(error, undefined)
}

/** Notes an error with which steps are about to reject. @param onUnhandled - Called if nothing handles it. */
export function watchStepError(error: object, onUnhandled: () => void): void {
  GUARD.stepErrors.set(error, onUnhandled)
}

/** A handler begins; {@link releaseRejections} follows. */
export function holdRejections(): void {
  GUARD.holders += 1
  if (GUARD.isListening) return
  GUARD.isListening = true
  process.on('unhandledRejection', onRejection)
}

/** A handler has ended. */
export function releaseRejections(): void {
  GUARD.holders -= 1
  if (GUARD.holders > 0 || GUARD.isTimerSet) return
  GUARD.isTimerSet = true
  setTimeout(stopListening, LINGER_MS).unref()
}

function stopListening(): void {
  GUARD.isTimerSet = false
  if (GUARD.holders > 0) return
  GUARD.isListening = false
  process.off('unhandledRejection', onRejection)
}

function onRejection(reason: unknown): void {
  const stepError = stepErrorOf(reason, 0)
  if (stepError !== undefined) {
    GUARD.stepErrors.get(stepError)?.() // UR1
    return
  }
  if (process.listenerCount('unhandledRejection') > 1) return
  // UR2: rejected again without a listener, it is handled as the flag --unhandled-rejections says.
  process.off('unhandledRejection', onRejection)
  void Promise.reject(reason)
  setImmediate(() => {
    if (GUARD.isListening) process.on('unhandledRejection', onRejection)
  })
}

function stepErrorOf(error: unknown, depth: number): object | undefined {
  if (depth > DEPTH_MAX || typeof error !== 'object' || error === null) return undefined
  if (GUARD.stepErrors.has(error)) return error
  for (const inner of isAggregateError(error) ? error.errors : []) {
    const found = stepErrorOf(inner, depth + 1)
    if (found !== undefined) return found
  }
  return isError(error) ? stepErrorOf(error.cause, depth + 1) : undefined
}

/** Shared by all copies of this package in a process, of which one alone may be the only listener. */
function sharedGuard(): Guard {
  const key = Symbol.for('dispatch.stepRejections')
  const globals = globalThis as { [key: symbol]: Guard | undefined }
  globals[key] ??= { stepErrors: new WeakMap(), holders: 0, isListening: false, isTimerSet: false }
  return globals[key]
}

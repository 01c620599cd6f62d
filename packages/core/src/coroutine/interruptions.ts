import { clearTimeout, setTimeout } from 'node:timers'
import { DispatchError, type RunSignal } from '@dispatch/protocol'
import type { Coroutine } from './coroutine.js'

/** Longest delay of a timer in Node.js; a longer one would fire at once. Milliseconds. */
const TIMER_MS_MAX = 2 ** 31 - 1

/**
 * Interrupts a coroutine when `signal` aborts or when its call expires, until the returned function is called.
 * The timer does not keep the process alive.
 *
 * @param expiresInMs - `undefined`: never.
 */
export function linkInterruptions(
  coroutine: Coroutine,
  signal: RunSignal,
  expiresInMs: number | undefined,
): () => void {
  const abort = () => coroutine.interrupt(signal.reason)
  const expire = () => coroutine.interrupt(new DispatchError('timeout', 'the call has expired'))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  const isTimed = expiresInMs !== undefined && expiresInMs <= TIMER_MS_MAX
  const timer = isTimed ? setTimeout(expire, Math.max(0, expiresInMs)) : undefined
  timer?.unref()
  return () => {
    signal.removeEventListener('abort', abort)
    clearTimeout(timer)
  }
}

import { createEndOfCall, linkAbort, type RunSignal } from '@dispatch/protocol'
import { clearTimeout, setTimeout } from '@dispatch/protocol/time'
import type { Coroutine } from '../life/coroutine.js'

/** Longest delay of a timer in Node.js, which fires a longer one at once. Milliseconds. */
export const TIMER_MS_MAX = 2 ** 31 - 1

/**
 * Interrupts a coroutine when `signal` aborts or its call expires, until the returned function is called. The timer does
 * not keep the process alive.
 *
 * @param expiresInMs - `undefined`: never.
 */
export function linkInterruptions(
  coroutine: Coroutine,
  signal: RunSignal,
  expiresInMs: number | undefined,
): () => void {
  const unlink = linkAbort(signal, (reason) => coroutine.interrupt(reason))
  const timer = expiresInMs === undefined ? undefined : interruptAfter(coroutine, expiresInMs)
  return () => {
    unlink()
    clearTimeout(timer)
  }
}

function interruptAfter(coroutine: Coroutine, delayMs: number): NodeJS.Timeout | undefined {
  if (delayMs > TIMER_MS_MAX) return undefined
  const expire = () => coroutine.interrupt(createEndOfCall('expired'))
  return setTimeout(expire, Math.max(0, delayMs)).unref()
}

import type { RunSignal } from './scheduler.js'

/**
 * Calls `onAbort` with the signal's reason when `signal` aborts; synchronously if it has aborted already.
 *
 * @returns Ends the link. A signal that outlives what was linked to it would keep that in memory otherwise.
 */
export function linkAbort(signal: RunSignal | undefined, onAbort: (reason: unknown) => void): () => void {
  if (signal === undefined) return noop
  if (signal.aborted) {
    onAbort(signal.reason)
    return noop
  }
  const listener = () => onAbort(signal.reason)
  signal.addEventListener('abort', listener)
  return () => signal.removeEventListener('abort', listener)
}

function noop(): void {}

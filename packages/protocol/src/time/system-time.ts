import { performance } from 'node:perf_hooks'
import * as timers from 'node:timers'
import * as timerPromises from 'node:timers/promises'

/*
 * Timers and clocks of the process, as they were when this package was loaded. Tools for tests replace the global ones, and
 * calls would wait for a time that never comes. The packages take theirs from here and from nowhere else.
 */
export const {
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval,
  setTimeout,
}: Pick<typeof timers, 'clearInterval' | 'clearTimeout' | 'setImmediate' | 'setInterval' | 'setTimeout'> =
  timers
export const queueMicrotask: typeof globalThis.queueMicrotask = globalThis.queueMicrotask

/** Resolves after that many milliseconds. Rejects when `signal` aborts. */
export const sleep: typeof timerPromises.setTimeout = timerPromises.setTimeout

/** Epoch milliseconds. */
export const systemNowMs: () => number = Date.now

/** Milliseconds since any moment, at the pace of time whatever the clock is set to. */
export const systemMonotonicMs: () => number = performance.now.bind(performance)

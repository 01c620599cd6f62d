// Timers and clocks that tools for tests do not replace.

export {
  clearInterval,
  clearTimeout,
  queueMicrotask,
  setImmediate,
  setInterval,
  setTimeout,
  sleep,
  systemMonotonicMs,
  systemNowMs,
} from './system-time.js'

export type { Coroutine } from './life/coroutine.js'
export { currentCoroutine } from './life/current-coroutine.js'
export { CoroutineRunner, type CoroutineRunnerOptions } from './runner.js'
export { handledRejection } from './waits/promises.js'

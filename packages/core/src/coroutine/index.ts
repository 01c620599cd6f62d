export type { Coroutine } from './life/coroutine.js'
export { currentCoroutine } from './life/current-coroutine.js'
export { handledRejection } from './life/promises.js'
export { CoroutineRunner, type CoroutineRunnerOptions } from './runner.js'

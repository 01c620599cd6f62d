export type { Coroutine } from './coroutine.js'
export { currentCoroutine } from './current-coroutine.js'
export { handledRejection } from './promises.js'
export { CoroutineRunner, type CoroutineRunnerOptions } from './runner.js'

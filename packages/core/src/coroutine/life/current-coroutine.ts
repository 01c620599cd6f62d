import { messageOfError } from '@dispatch/protocol/text'
import { handledRejection } from '../waits/promises.js'
import { StepPromise } from '../waits/step-promise.js'
import type { Coroutine } from './coroutine.js'
import { storedCoroutine } from './coroutine-storage.js'

/** The coroutine whose handler called this, directly or not; `undefined` outside of durable functions. */
export function currentCoroutine(): Coroutine | undefined {
  return storedCoroutine() as Coroutine | undefined
}

/**
 * The promise of a public function. Inside a handler it may be dropped, like the loser of a race, without an unhandled
 * rejection: one that fails before anything awaits it is logged. Elsewhere a failure that is not handled is reported as usual.
 * For the outermost function only, whose promise is the one that the caller gets.
 */
export function droppableInside<T>(promise: Promise<T>): Promise<T> {
  const coroutine = currentCoroutine()
  if (coroutine === undefined) return promise
  const droppable = new StepPromise<T>((resolve, reject) => {
    promise.then(resolve, (error: unknown) => {
      if (!droppable.isAwaited) logDropped(coroutine, error)
      reject(error)
    })
  })
  return handledRejection(droppable)
}

function logDropped({ dispatchId, host }: Coroutine, err: unknown): void {
  host.logger?.error(
    { err, dispatchId },
    `call ${dispatchId}: a dispatch or a request failed before anything awaited it: ${messageOfError(err)}`,
  )
}

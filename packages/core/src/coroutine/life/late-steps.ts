import { handledRejection } from '../waits/promises.js'
import { holdRejections, releaseRejections } from '../waits/unhandled-rejections.js'
import type { CoroutineHost } from './coroutine-host.js'

/** The error of a step whose handler has returned or thrown. @param step - Such as `await of 'charge'`. */
export function afterEndError(step: string, dispatchId: string): TypeError {
  return new TypeError(
    `${step}: the function of call ${dispatchId} has already ended. Await everything that the function begins before it returns`,
  )
}

/** The coroutine of a step. */
interface Owner {
  readonly dispatchId: string
  readonly host: Pick<CoroutineHost, 'logger'>
}

/** Rejects a step that begins after its handler has returned or thrown, and logs it: the call ended without the step. */
export function rejectLateStep({ dispatchId, host }: Owner, step: string): Promise<never> {
  const error = afterEndError(step, dispatchId)
  host.logger?.error({ err: error, dispatchId }, error.message)
  holdRejections()
  releaseRejections()
  return handledRejection(Promise.reject(error))
}

import { inOwnContext, type Scheduler } from '@dispatch/protocol'

/**
 * The same scheduler, whose work belongs to no caller: a commit, a timer or a run that begins because of one serves others
 * as well.
 */
export function withOwnContext(scheduler: Scheduler): Scheduler {
  return {
    dispatch: (calls) => inOwnContext(() => scheduler.dispatch(calls)),
    get: (id) => inOwnContext(() => scheduler.get(id)),
    wait: (id, timeoutMs, signal) => inOwnContext(() => scheduler.wait(id, timeoutMs, signal)),
    cancel: (id) => inOwnContext(() => scheduler.cancel(id)),
  }
}

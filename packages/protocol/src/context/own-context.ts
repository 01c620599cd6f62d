import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'

/** The async context in which this module was loaded: that of no request. */
const inContextOfModule = AsyncLocalStorage.snapshot()

/**
 * Runs `body`, and all that it starts, in a new async context that has no store of the caller's: its request context, its
 * trace. What `body` enters with `AsyncLocalStorage.enterWith` is not visible outside of it.
 *
 * Work that is done for many callers needs it wherever it may be started by one of them. 0.3 to 0.5 microseconds.
 */
export function inOwnContext<T>(body: () => T): T {
  return inContextOfModule(inNewResource, body) as T
}

/** Before Node.js 24, `enterWith` changes the resource that is current, which would be the one of the snapshot. */
function inNewResource<T>(body: () => T): T {
  return new AsyncResource('DISPATCH').runInAsyncScope(body)
}

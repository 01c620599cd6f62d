import type { Coroutine } from './coroutine/coroutine.js'
import { currentCoroutine } from './coroutine/current-coroutine.js'
import type { FunctionClient } from './function-internals.js'

const CLIENTS = new WeakMap<Coroutine, FunctionClient>()

/** Notes for whom the handler runs that is about to be called. */
export function setCurrentClient(client: FunctionClient): void {
  const coroutine = currentCoroutine()
  if (coroutine !== undefined) CLIENTS.set(coroutine, client)
}

/**
 * Whom the running handler runs for: a function may be registered with several, and what it dispatches belongs to the one
 * that runs it. `undefined` outside of functions.
 */
export function currentClient(): FunctionClient | undefined {
  const coroutine = currentCoroutine()
  return coroutine && CLIENTS.get(coroutine)
}

import { currentCoroutine } from '../coroutine/life/current-coroutine.js'
import type { FunctionClient } from './function-internals.js'

/** Notes for whom the handler runs that is about to be called. */
export function setCurrentClient(client: FunctionClient): void {
  const coroutine = currentCoroutine()
  if (coroutine !== undefined) coroutine.client = client
}

/**
 * Whom the running handler runs for: a function may be registered with several, and what it dispatches belongs to the one
 * that runs it. `undefined` outside of functions.
 */
export function currentClient(): FunctionClient | undefined {
  return currentCoroutine()?.client as FunctionClient | undefined
}

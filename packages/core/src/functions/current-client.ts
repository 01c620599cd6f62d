import { currentCoroutine } from '../coroutine/life/current-coroutine.js'
import type { FunctionClient } from './function-internals.js'

/**
 * The client of the `Dispatch` that runs the calling handler. A function may be registered with several, and the calls
 * that its handler dispatches belong to the one that runs it. `undefined` outside of durable functions.
 */
export function currentClient(): FunctionClient | undefined {
  return currentCoroutine()?.host.client as FunctionClient | undefined
}

import type { FailureStatus } from '@dispatch/protocol'
import { closedError } from '../client/scheduler-connection.js'
import type { FunctionDefinition } from '../coroutine/definition/function-definition.js'
import type { AnyDispatchFunction } from '../functions/dispatch-function.js'
import { checkFunction, type FunctionClient } from '../functions/function-internals.js'

/** The functions of one `Dispatch`, by name. */
export interface Registry {
  /** Adds all of the functions or none. @throws {TypeError} When one is not a function, or its name is taken (case E28). */
  register(functions: readonly AnyDispatchFunction[]): void
  definitionOf(name: string): FunctionDefinition | undefined
  /** Removes the client from the functions. */
  unbind(): void
}

/** Creates a {@link Registry} whose functions dispatch through `client`. */
export function createRegistry(client: FunctionClient, unknownErrorStatus: FailureStatus): Registry {
  const definitions = new Map<string, FunctionDefinition>()
  const bound: FunctionClient[][] = []
  return {
    register(functions) {
      const added = new Map<string, FunctionDefinition>()
      const lists: FunctionClient[][] = []
      for (const [index, fn] of functions.entries()) {
        const internals = checkFunction(fn, `functions[${index}]`)
        const { name } = internals.definition
        if (definitions.has(name) || added.has(name)) {
          throw new TypeError(
            `functions[${index}]: expected a name of its own, got '${name}' for a second function; rename one of them`,
          )
        }
        added.set(name, { unknownErrorStatus, ...internals.definition })
        lists.push(internals.clients)
      }
      for (const [name, definition] of added) definitions.set(name, definition)
      for (const clients of lists) clients.push(client)
      bound.push(...lists)
    },
    definitionOf: (name) => definitions.get(name),
    unbind() {
      for (const clients of bound.splice(0)) {
        const index = clients.lastIndexOf(client)
        if (index >= 0) clients.splice(index, 1)
        // A later dispatch fails because it is closed, not because it was never registered.
        if (clients.length === 0) clients.push(CLOSED_CLIENT)
      }
    },
  }
}

/** In place of a client that is closed, which is not kept in memory. */
const CLOSED_CLIENT: FunctionClient = Object.freeze({
  submit: () => Promise.reject(closedError()),
  call: () => {
    throw closedError()
  },
})

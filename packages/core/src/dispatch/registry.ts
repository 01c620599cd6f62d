import type { FailureStatus } from '@dispatch/protocol'
import { describeValue } from '@dispatch/protocol/text'
import { closedError } from '../client/scheduler-connection.js'
import type { FunctionDefinition } from '../coroutine/definition/function-definition.js'
import type { AnyDispatchFunction } from '../functions/func.js'
import { type FunctionClient, internalsOf } from '../functions/function-internals.js'

/** The functions of one `Dispatch`, by name. */
export interface Registry {
  /** Adds all of the functions or none. @throws {TypeError} When one is no function, or its name is taken (case E28). */
  register(functions: readonly AnyDispatchFunction[]): void
  definitionOf(name: string): FunctionDefinition | undefined
  /** Lets the functions forget the client. */
  unbind(): void
}

/** Makes a {@link Registry} whose functions dispatch through `client`. */
export function createRegistry(client: FunctionClient, unknownErrorStatus: FailureStatus): Registry {
  const definitions = new Map<string, FunctionDefinition>()
  const bound: FunctionClient[][] = []
  return {
    register(functions) {
      const added = new Map<string, FunctionDefinition>()
      const lists: FunctionClient[][] = []
      for (const [index, fn] of functions.entries()) {
        const internals = internalsOf(fn)
        if (internals === undefined) {
          throw new TypeError(
            `functions[${index}]: wanted a function made by func(name, handler), got ${describeValue(fn)}`,
          )
        }
        const { name } = internals.definition
        if (definitions.has(name) || added.has(name)) {
          throw new TypeError(
            `functions[${index}]: there is a function '${name}' already; give one of them another name`,
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
        // Who dispatches then is told that it is closed, not that it never was registered.
        if (clients.length === 0) clients.push(CLOSED_CLIENT)
      }
    },
  }
}

/** Stands for a client that is closed, without keeping it. */
const CLOSED_CLIENT: FunctionClient = Object.freeze({
  submit: () => Promise.reject(closedError()),
  call: () => {
    throw closedError()
  },
})

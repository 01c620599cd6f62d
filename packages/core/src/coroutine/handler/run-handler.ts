import { inOwnContext } from '@dispatch/protocol'
import type { RunRequest } from '@dispatch/protocol/messages'
import type { FunctionDefinition } from '../definition/function-definition.js'
import { isFetchResponse, readHttpOutput } from '../definition/http-output.js'
import type { Coroutine } from '../life/coroutine.js'
import { insideCoroutine } from '../life/coroutine-storage.js'
import { HandlerContext } from './handler-context.js'

/**
 * Calls the handler of a function as part of a coroutine, which ends with what the handler returns or throws. Never
 * throws.
 */
export function runHandler(
  definition: FunctionDefinition,
  coroutine: Coroutine,
  input: unknown,
  request: RunRequest,
): void {
  const context = new HandlerContext(coroutine, request)
  // C13. A run that resumes needs none: each reaction of a handler has the context in which it was made.
  inOwnContext(() => insideCoroutine(coroutine, () => callHandler(definition, coroutine, input, context)))
}

/**
 * Not an async function: a suspended coroutine keeps in memory whatever waits for it, and what waits here refers to
 * nothing but the coroutine.
 */
function callHandler(
  { name, handler }: FunctionDefinition,
  coroutine: Coroutine,
  input: unknown,
  context: HandlerContext,
): void {
  const endWithError = (error: unknown) => coroutine.conclude({ kind: 'threw', error })
  const endWithValue = (value: unknown) => coroutine.concludeReturned(value, name)
  const endWithOutput = (output: unknown) => {
    try {
      if (isFetchResponse(output)) readHttpOutput(output).then(endWithValue, endWithError)
      else endWithValue(output)
    } catch (error) {
      endWithError(error)
    }
  }
  try {
    Promise.resolve(handler(input, context)).then(endWithOutput, endWithError)
  } catch (error) {
    endWithError(error)
  }
}

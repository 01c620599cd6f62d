import { types } from 'node:util'

/**
 * Whether `value` is an error, of whichever global object: where Jest runs tests, the errors of Node.js itself are not
 * instances of the tests' `Error`.
 */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value)
}

/** As {@link isError}, for what `Promise.any` and sockets with several addresses reject with. */
export function isAggregateError(value: unknown): value is AggregateError {
  return value instanceof AggregateError || (types.isNativeError(value) && value.name === 'AggregateError')
}

/** The message of an error, or the text of anything else that was thrown. */
export function messageOfError(value: unknown): string {
  return isError(value) ? value.message : String(value)
}

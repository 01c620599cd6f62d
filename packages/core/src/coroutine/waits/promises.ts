/**
 * Sees to it that a rejection of `promise` is never an unhandled one, however late somebody looks at it or if
 * nobody does. Who does await it still gets the error.
 */
export function handledRejection<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore)
  return promise
}

/**
 * A promise that never settles. A new one each time: what waits for it is then garbage together with it.
 */
export function never<T>(): Promise<T> {
  return new Promise(ignore)
}

function ignore(): void {}

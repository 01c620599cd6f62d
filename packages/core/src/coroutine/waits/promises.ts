/**
 * Marks a rejection of `promise` as handled, so that it never becomes an unhandled rejection, however late it is awaited.
 * Whoever awaits the promise still gets the error.
 */
export function handledRejection<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore)
  return promise
}

/** A promise that never settles. A new one each time, so that what awaits it can be garbage-collected with it. */
export function never<T>(): Promise<T> {
  return new Promise(ignore)
}

function ignore(): void {}

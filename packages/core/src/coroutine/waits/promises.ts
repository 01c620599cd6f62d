import { noteStepError } from './unhandled-rejections.js'

/**
 * Marks a rejection of `promise` as handled, so that it never becomes an unhandled rejection, however late it is awaited.
 * Whoever awaits the promise still gets the error. What derives from the promise and is dropped rejects with an error that
 * is noted as one of a step.
 */
export function handledRejection<T>(promise: Promise<T>): Promise<T> {
  // Not `catch`: this is no reaction of the handler.
  Promise.prototype.then.call(promise, undefined, noteStepError)
  return promise
}

/** A promise that never settles. A new one each time, so that what awaits it can be garbage-collected with it. */
export function never<T>(): Promise<T> {
  return new Promise(ignore)
}

function ignore(): void {}

/**
 * The promise of a durable step, which notices whether anything reacts to it. `await` calls `then` of a promise that is not
 * of the class `Promise` itself. What derives from it is an ordinary promise.
 */
export class StepPromise<T> extends Promise<T> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  /** Whether the handler has called `then`, `catch` or `finally`, or awaits it. */
  isAwaited = false

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isAwaited = true
    return super.then(onFulfilled, onRejected)
  }
}

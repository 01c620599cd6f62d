import { setMaxListeners } from 'node:events'

/** Whether a handler was interrupted, and its `AbortSignal`, created when the handler first reads it. */
export class HandlerSignal {
  #controller: AbortController | undefined
  #interruption: { readonly reason: unknown } | undefined

  get isAborted(): boolean {
    return this.#interruption !== undefined
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      // Any number of listeners: the signal does not outlive the coroutine.
      setMaxListeners(0, this.#controller.signal)
      if (this.#interruption !== undefined) this.#controller.abort(this.#interruption.reason)
    }
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    this.#interruption = { reason }
    this.#controller?.abort(reason)
  }
}

import { linkAbort } from './link-abort.js'
import type { RunSignal } from './scheduler.js'

/** A promise that others settle, once: the first result counts, or that its signal aborts. Later results are ignored. */
export class Deferred<T, Signal extends RunSignal | undefined = RunSignal | undefined> {
  readonly promise: Promise<T>
  readonly signal: Signal
  isSettled = false
  /** Called when it is settled, by whatever. */
  onSettle: (() => void) | undefined
  /** Called after it was settled because its signal aborted. */
  onAbort: ((reason: unknown) => void) | undefined
  #resolve!: (value: T | PromiseLike<T>) => void
  #reject!: (error: unknown) => void
  readonly #unlink: () => void

  /** @param abort - Settles it when `signal` aborts; called by the constructor if that has happened. */
  constructor(signal: Signal, abort: (deferred: Deferred<T, Signal>, reason: unknown) => void) {
    this.signal = signal
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#unlink = linkAbort(signal, (reason) => {
      abort(this, reason)
      this.onAbort?.(reason)
    })
  }

  resolve(value: T | PromiseLike<T>): void {
    if (this.#settle()) this.#resolve(value)
  }

  reject(error: unknown): void {
    if (this.#settle()) this.#reject(error)
  }

  #settle(): boolean {
    if (this.isSettled) return false
    this.isSettled = true
    this.#unlink?.()
    this.onSettle?.()
    return true
  }
}

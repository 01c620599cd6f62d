import type { CallInfo } from '@dispatch/protocol'
import type { Clock } from './clock.js'

interface Waiter {
  readonly resolve: (call: CallInfo | undefined) => void
  readonly reject: (error: unknown) => void
}

/** Those who wait for calls to end. */
export class Waiters {
  readonly #clock: Clock
  readonly #byId = new Map<string, Set<Waiter>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isAwaited(id: string): boolean {
    return this.#byId.has(id)
  }

  /** Resolves with the call when it is done, and with `undefined` when the time is up or `signal` aborts. */
  wait(id: string, timeoutMs: number, signal?: AbortSignal): Promise<CallInfo | undefined> {
    if (signal?.aborted) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        cancelTimer()
        signal?.removeEventListener('abort', giveUp)
        this.#remove(id, waiter)
      }
      const giveUp = (): void => {
        settle()
        resolve(undefined)
      }
      const waiter: Waiter = {
        resolve: (call) => {
          settle()
          resolve(call)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
      const cancelTimer = this.#clock.after(timeoutMs, giveUp)
      signal?.addEventListener('abort', giveUp, { once: true })
      this.#add(id, waiter)
    })
  }

  resolve(id: string, call: CallInfo): void {
    for (const waiter of this.#byId.get(id) ?? []) waiter.resolve(call)
  }

  rejectAll(error: unknown): void {
    for (const waiters of [...this.#byId.values()]) for (const waiter of [...waiters]) waiter.reject(error)
  }

  #add(id: string, waiter: Waiter): void {
    const waiters = this.#byId.get(id)
    if (waiters === undefined) this.#byId.set(id, new Set([waiter]))
    else waiters.add(waiter)
  }

  #remove(id: string, waiter: Waiter): void {
    const waiters = this.#byId.get(id)
    waiters?.delete(waiter)
    if (waiters?.size === 0) this.#byId.delete(id)
  }
}

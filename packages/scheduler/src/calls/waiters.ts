import { Deferred, DispatchError } from '@dispatch/protocol'
import { Rate } from '@dispatch/protocol/bounds'
import type { CallInfo } from '@dispatch/protocol/messages'
import type { Clock } from '../time/clock.js'

/** A request that waits for a call. */
type Waiter = Deferred<CallInfo | undefined, AbortSignal | undefined>

/** At some 500 bytes each, 50 MB. */
const WAITERS_MAX = 100_000

export interface WaiterLimits {
  /** Maximum of requests that wait for the end of a call; each holds only the id of the call. Default 100 000. */
  readonly waitersMax?: number
}

/** Requests that wait for calls to end. */
export class Waiters {
  readonly #clock: Clock
  readonly #countMax: number
  readonly #byId = new Map<string, Set<Waiter>>()
  #count = 0
  /** Recent rate at which waits end, for the advice when there are too many. */
  readonly #ended = new Rate()

  constructor(clock: Clock, limits: WaiterLimits = {}) {
    this.#clock = clock
    this.#countMax = limits.waitersMax ?? WAITERS_MAX
  }

  isAwaited(id: string): boolean {
    return this.#byId.has(id)
  }

  /**
   * Resolves with the call when it is done, and with `undefined` when the time is up or `signal` aborts.
   *
   * @throws {DispatchError} `throttled` when too many requests wait, with the time until one of them will have ended.
   */
  wait(id: string, timeoutMs: number, signal?: AbortSignal): Promise<CallInfo | undefined> {
    if (signal?.aborted) return Promise.resolve(undefined)
    if (this.#count >= this.#countMax) return Promise.reject(this.#fullError())
    const waiter: Waiter = new Deferred(signal, (deferred) => deferred.resolve(undefined))
    const cancelTimer = this.#clock.after(timeoutMs, () => waiter.resolve(undefined))
    waiter.onSettle = () => {
      cancelTimer()
      this.#remove(id, waiter)
    }
    this.#add(id, waiter)
    return waiter.promise
  }

  #fullError(): DispatchError {
    const message = `${this.#count} requests wait for calls to end, which is the maximum; retry later`
    return new DispatchError('throttled', message, {
      retryAfterMs: this.#ended.adviceMsFor(1, this.#clock.nowMs()),
    })
  }

  resolve(id: string, call: CallInfo): void {
    for (const waiter of this.#byId.get(id) ?? []) waiter.resolve(call)
  }

  rejectAll(error: unknown): void {
    for (const waiters of [...this.#byId.values()]) for (const waiter of [...waiters]) waiter.reject(error)
  }

  #add(id: string, waiter: Waiter): void {
    this.#count += 1
    const waiters = this.#byId.get(id)
    if (waiters === undefined) this.#byId.set(id, new Set([waiter]))
    else waiters.add(waiter)
  }

  #remove(id: string, waiter: Waiter): void {
    const waiters = this.#byId.get(id)
    if (!waiters?.delete(waiter)) return
    this.#count -= 1
    this.#ended.add(1, this.#clock.nowMs())
    if (waiters?.size === 0) this.#byId.delete(id)
  }
}

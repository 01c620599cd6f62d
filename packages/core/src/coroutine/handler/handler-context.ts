import { types } from 'node:util'
import { type RunRequest, timestampMs } from '@dispatch/protocol/messages'
import { describeValue, parseDate, parseDuration } from '@dispatch/protocol/text'
import type { Coroutine } from '../life/coroutine.js'
import { insideCoroutine } from '../life/coroutine-storage.js'
import { handledRejection } from '../waits/promises.js'
import { createDeterministicRandom, type DeterministicRandom } from './deterministic.js'

/** The methods of a function that begin a step of the handler whose async context is current. */
interface StepFunction<Result> {
  await(input: unknown, options?: object): Promise<Result>
  gather(inputs: readonly unknown[], options?: object): Promise<Result[]>
  dispatch(input: unknown, options?: object): Promise<Result>
}

/**
 * The second argument of a handler: its `CallContext`. Its functions are getters, so that a handler may destructure it:
 * `(input, { sleep, now })`.
 */
export class HandlerContext {
  readonly dispatchId: string
  readonly parentDispatchId: string
  readonly rootDispatchId: string
  readonly #createdAtMs: number
  readonly #expiresAtMs: number | undefined
  readonly #function: string
  readonly #coroutine: Coroutine
  #random: DeterministicRandom | undefined

  constructor(coroutine: Coroutine, request: RunRequest) {
    this.#coroutine = coroutine
    this.#function = request.function
    this.dispatchId = request.dispatchId
    this.parentDispatchId = request.parentDispatchId
    this.rootDispatchId = request.rootDispatchId
    this.#createdAtMs = request.creationTime ? timestampMs(request.creationTime) : coroutine.nowMs
    this.#expiresAtMs = request.expirationTime && timestampMs(request.expirationTime)
  }

  get createdAt(): Date {
    return new Date(this.#createdAtMs)
  }

  get expiresAt(): Date | undefined {
    return this.#expiresAtMs === undefined ? undefined : new Date(this.#expiresAtMs)
  }

  get attempt(): number {
    return this.#coroutine.attempt
  }

  get signal(): AbortSignal {
    return this.#coroutine.signal
  }

  get sleep(): (duration: number | string | Date) => Promise<void> {
    return (duration) => {
      try {
        return types.isDate(duration)
          ? this.#coroutine.sleepUntil(Math.max(0, parseDate(duration, 'call.sleep(date)')))
          : this.#coroutine.sleep(parseDuration(duration, 'call.sleep(duration)'))
      } catch (error) {
        return handledRejection(Promise.reject(error))
      }
    }
  }

  get await(): <Output>(
    fn: Pick<StepFunction<Output>, 'await'>,
    input?: unknown,
    options?: object,
  ) => Promise<Output> {
    return (fn, input, options) => this.#step('await', fn, () => fn.await(input, options))
  }

  get gather(): <Output>(
    fn: Pick<StepFunction<Output>, 'gather'>,
    inputs: readonly unknown[],
    options?: object,
  ) => Promise<Output[]> {
    return (fn, inputs, options) => this.#step('gather', fn, () => fn.gather(inputs, options))
  }

  get dispatch(): <Handle>(
    fn: Pick<StepFunction<Handle>, 'dispatch'>,
    input?: unknown,
    options?: object,
  ) => Promise<Handle> {
    return (fn, input, options) => this.#step('dispatch', fn, () => fn.dispatch(input, options))
  }

  get now(): () => number {
    return () => this.#coroutine.nowMs
  }

  get random(): () => number {
    return () => this.#randomness().random()
  }

  get uuid(): () => string {
    return () => this.#randomness().uuid()
  }

  /** Begins a step of this call, whichever async context is current. */
  #step<T>(method: keyof StepFunction<unknown>, fn: object, begin: () => Promise<T>): Promise<T> {
    if (typeof (fn as Partial<StepFunction<unknown>> | undefined)?.[method] === 'function') {
      return insideCoroutine(this.#coroutine, begin)
    }
    const message = `call.${method}(fn): expected a function made by func(name, handler), got ${describeValue(fn)}`
    return handledRejection(Promise.reject(new TypeError(message)))
  }

  /** The call that follows a tail call has the same id, but counts as restarted. */
  #randomness(): DeterministicRandom {
    this.#random ??= createDeterministicRandom(
      `${this.dispatchId}\n${this.#coroutine.restarts}\n${this.#function}`,
    )
    return this.#random
  }
}

import type { Any } from '@dispatch/protocol/messages'
import { handledRejection } from './promises.js'
import { StepPromise } from './step-promise.js'

/** An await or a gather in progress: the results of consecutive steps, behind one promise. */
export class Awaited {
  readonly isGather: boolean
  readonly firstStep: number
  readonly promise: StepPromise<unknown>
  readonly #decode: (output: Any | undefined) => unknown
  readonly #outputs: (Any | undefined)[] | undefined
  #resolve!: (value: unknown) => void
  #reject!: (error: unknown) => void
  #missing: number

  /** @param count - Steps of a gather; absent for a single await, which resolves with one output and not with a list. */
  constructor(firstStep: number, decode: (output: Any | undefined) => unknown, count?: number) {
    this.#decode = decode
    this.isGather = count !== undefined
    this.firstStep = firstStep
    this.#missing = count ?? 1
    this.#outputs = count === undefined ? undefined : new Array(count)
    this.promise = new StepPromise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** The step after the last one. */
  get endStep(): number {
    return this.firstStep + (this.#outputs?.length ?? 1)
  }

  /** Number of steps without a result. */
  get missing(): number {
    return this.#missing
  }

  /** Stores the output of one step. The last missing one resolves the promise, or rejects it when decoding throws. */
  accept(step: number, output: Any | undefined): void {
    this.#missing -= 1
    if (this.#outputs !== undefined) this.#outputs[step - this.firstStep] = output
    if (this.#missing > 0) return
    try {
      this.#resolve(this.#outputs === undefined ? this.#decode(output) : this.#outputs.map(this.#decode))
    } catch (error) {
      this.fail(error)
    }
  }

  /** Rejects the promise: a gather fails with its first failure. */
  fail(error: unknown): void {
    handledRejection(this.promise)
    this.#reject(error)
  }
}

import type { Any } from '@dispatch/protocol/messages'
import { handledRejection } from './promises.js'

/** What an await or a gather waits for: the results of consecutive steps, under one promise. */
export class Awaited {
  readonly isGather: boolean
  readonly firstStep: number
  readonly promise: Promise<unknown>
  readonly #decode: (output: Any | undefined) => unknown
  readonly #outputs: (Any | undefined)[] | undefined
  #resolve!: (value: unknown) => void
  #reject!: (error: unknown) => void
  #left: number

  /** @param count - Steps of a gather; absent for a lone await, which resolves with one output, not with a list. */
  constructor(firstStep: number, decode: (output: Any | undefined) => unknown, count?: number) {
    this.#decode = decode
    this.isGather = count !== undefined
    this.firstStep = firstStep
    this.#left = count ?? 1
    this.#outputs = count === undefined ? undefined : new Array(count)
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Step after the last one. */
  get endStep(): number {
    return this.firstStep + (this.#outputs?.length ?? 1)
  }

  /** Takes the output of one of the steps. Returns whether it was the last that was missing. */
  accept(step: number, output: Any | undefined): boolean {
    this.#left -= 1
    if (this.#outputs !== undefined) this.#outputs[step - this.firstStep] = output
    if (this.#left > 0) return false
    try {
      this.#resolve(this.#outputs === undefined ? this.#decode(output) : this.#outputs.map(this.#decode))
    } catch (error) {
      this.fail(error)
    }
    return true
  }

  /** Fails the whole: a gather rejects at its first failure. */
  fail(error: unknown): void {
    handledRejection(this.promise)
    this.#reject(error)
  }
}

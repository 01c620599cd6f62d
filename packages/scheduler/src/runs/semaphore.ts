/** A FIFO semaphore. */
export class Semaphore {
  #free: number
  readonly #waiting: (() => void)[] = []

  /** @param permits - How many pieces of work run concurrently. */
  constructor(permits: number) {
    this.#free = permits
  }

  /** Runs `work` once there is a permit, and settles as it does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}

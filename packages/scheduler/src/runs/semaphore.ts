/** Lets a few do something at one time, and the others wait in the order in which they came. */
export class Turns {
  #free: number
  readonly #line: (() => void)[] = []

  constructor(atOneTime: number) {
    this.#free = atOneTime
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#line.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#line.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}

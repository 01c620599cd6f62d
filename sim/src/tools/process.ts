/** A process of the world. After its end, its requests are not answered and its timers do not fire. */
export class Process {
  readonly name: string
  #isAlive = true
  #announce: () => void = () => {}
  /** Resolves when the process ends. */
  readonly gone: Promise<undefined>

  constructor(name: string) {
    this.name = name
    this.gone = new Promise((resolve) => {
      this.#announce = () => resolve(undefined)
    })
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  kill(): void {
    this.#isAlive = false
    this.#announce()
  }
}

/** The error of a request to a process that has ended. */
export function never<T>(): Promise<T> {
  return new Promise(() => {})
}

/** A process of the world. Once it is gone, nothing it asked for is answered and nothing it set to happen happens. */
export class Process {
  readonly name: string
  #isAlive = true
  #announce: () => void = () => {}
  /** Resolves when the process goes away. */
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

/** What somebody gets who asks a process that is gone. */
export function never<T>(): Promise<T> {
  return new Promise(() => {})
}

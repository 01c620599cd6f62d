/** Payloads that small are not worth counting: a thousand runs of a function have 64 MB of them. */
const COUNTED_BYTES_MIN = 65_536

/** What is left of the size of an answer, as an expectation of the next, each time when that is smaller. */
const EXPECTATION_KEPT = 0.9

/** Functions whose answers are remembered. */
const FUNCTIONS_MAX = 10_000

/** What a run of a function holds. */
export interface RunPlace {
  /** The run has ended with an answer of so many bytes. */
  answered(bytes: number): void
  /** The answer is durable. Once. */
  leave(): void
}

interface Held {
  runs: number
  bytes: number
  /** What the next answer will probably take: the largest of late. */
  answerBytes: number
  readonly line: { readonly bytes: number; readonly enter: () => void }[]
}

/**
 * Bounds what the runs of each function hold of payloads at one time: what they were given and what they answer with,
 * until that is durable. Each function has its own bound, so that nobody waits for another's large payloads; one run
 * of it goes always, however large.
 */
export class RunBytes {
  readonly #bytesMax: number
  readonly #functions = new Map<string, Held>()

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Whether a run that is given so many bytes needs a place. */
  isCounted(key: string, givenBytes: number): boolean {
    return givenBytes + (this.#functions.get(key)?.answerBytes ?? 0) >= COUNTED_BYTES_MIN
  }

  /**
   * A place for a run that is given so many bytes. `undefined`: they do not count. A promise: others have to end first,
   * and what was read for this one is better forgotten meanwhile.
   */
  enter(key: string, givenBytes: number): RunPlace | Promise<RunPlace> | undefined {
    if (!this.isCounted(key, givenBytes)) return undefined
    const held = this.#functions.get(key) ?? this.#newHeld(key)
    const bytes = givenBytes + held.answerBytes
    if (held.line.length === 0 && this.#fits(held, bytes)) return this.#take(key, held, givenBytes, bytes)
    return new Promise((resolve) => {
      held.line.push({ bytes, enter: () => resolve(this.#take(key, held, givenBytes, bytes)) })
    })
  }

  /** A run without a place has ended with an answer of so many bytes. */
  learn(key: string, answerBytes: number): void {
    const known = this.#functions.get(key)
    if (known !== undefined) expect(known, answerBytes)
    else if (answerBytes >= COUNTED_BYTES_MIN && this.#functions.size < FUNCTIONS_MAX) {
      expect(this.#newHeld(key), answerBytes)
    }
  }

  #newHeld(key: string): Held {
    const held: Held = { runs: 0, bytes: 0, answerBytes: 0, line: [] }
    this.#functions.set(key, held)
    return held
  }

  #fits(held: Held, bytes: number): boolean {
    return held.runs === 0 || held.bytes + bytes <= this.#bytesMax
  }

  #take(key: string, held: Held, givenBytes: number, bytes: number): RunPlace {
    let taken = bytes
    held.runs += 1
    held.bytes += taken
    return {
      answered: (answerBytes) => {
        expect(held, answerBytes)
        held.bytes += givenBytes + answerBytes - taken
        taken = givenBytes + answerBytes
      },
      leave: () => {
        held.runs -= 1
        held.bytes -= taken
        this.#letIn(key, held)
      },
    }
  }

  #letIn(key: string, held: Held): void {
    for (let next = held.line[0]; next !== undefined && this.#fits(held, next.bytes); next = held.line[0]) {
      held.line.shift()
      next.enter()
    }
    if (held.runs === 0 && held.answerBytes === 0) this.#functions.delete(key)
  }
}

function expect(held: Held, answerBytes: number): void {
  const expected = Math.max(answerBytes, Math.floor(held.answerBytes * EXPECTATION_KEPT))
  held.answerBytes = expected < COUNTED_BYTES_MIN ? 0 : expected
}

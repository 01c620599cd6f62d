/** Smaller payloads are not counted: even a thousand runs of a function have no more than 64 MB of them. */
const COUNTED_BYTES_MIN = 65_536

/** When an answer is smaller than expected, the expected size of the next one falls to this share. */
const EXPECTATION_KEPT = 0.9

/** Functions whose answer sizes are remembered. */
const FUNCTIONS_MAX = 10_000

/** Memory that is reserved for the payloads of a run. */
export interface RunReservation {
  /** The run has ended with an answer of this size, which replaces the expected one. */
  recordAnswer(bytes: number): void
  /** The answer is durable: ends the reservation. Called once. */
  release(): void
}

interface FunctionUsage {
  runs: number
  bytes: number
  /** Expected size of the next answer: the largest one recently. */
  answerBytes: number
  readonly queue: { readonly bytes: number; readonly admit: () => void }[]
}

/**
 * Bounds the payloads that the runs of each function hold: what they were given and what they answer, until that is durable.
 * Each function has its own bound, so that none waits for the large payloads of another. A single run is always admitted,
 * however large.
 */
export class RunBytes {
  readonly #bytesMax: number
  readonly #functions = new Map<string, FunctionUsage>()

  /** @param bytesMax - Per function. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Whether a run that is given so many bytes needs a reservation. */
  isCounted(key: string, givenBytes: number): boolean {
    return givenBytes + (this.#functions.get(key)?.answerBytes ?? 0) >= COUNTED_BYTES_MIN
  }

  /**
   * Reserves memory for a run that is given so many bytes. `undefined`: they are not counted. A promise: other runs have to
   * end first, and the payloads of this one should be released meanwhile.
   */
  reserve(key: string, givenBytes: number): RunReservation | Promise<RunReservation> | undefined {
    if (!this.isCounted(key, givenBytes)) return undefined
    const usage = this.#functions.get(key) ?? this.#addFunction(key)
    const bytes = givenBytes + usage.answerBytes
    if (usage.queue.length === 0 && this.#fits(usage, bytes))
      return this.#admit(key, usage, givenBytes, bytes)
    return new Promise((resolve) => {
      usage.queue.push({ bytes, admit: () => resolve(this.#admit(key, usage, givenBytes, bytes)) })
    })
  }

  /** A run without a reservation has ended with an answer of this size. */
  observe(key: string, answerBytes: number): void {
    const usage = this.#functions.get(key)
    if (usage !== undefined) updateExpectation(usage, answerBytes)
    else if (answerBytes >= COUNTED_BYTES_MIN && this.#functions.size < FUNCTIONS_MAX) {
      updateExpectation(this.#addFunction(key), answerBytes)
    }
  }

  #addFunction(key: string): FunctionUsage {
    const usage: FunctionUsage = { runs: 0, bytes: 0, answerBytes: 0, queue: [] }
    this.#functions.set(key, usage)
    return usage
  }

  #fits(usage: FunctionUsage, bytes: number): boolean {
    return usage.runs === 0 || usage.bytes + bytes <= this.#bytesMax
  }

  #admit(key: string, usage: FunctionUsage, givenBytes: number, bytes: number): RunReservation {
    let reserved = bytes
    usage.runs += 1
    usage.bytes += reserved
    return {
      recordAnswer: (answerBytes) => {
        updateExpectation(usage, answerBytes)
        usage.bytes += givenBytes + answerBytes - reserved
        reserved = givenBytes + answerBytes
      },
      release: () => {
        usage.runs -= 1
        usage.bytes -= reserved
        this.#admitQueued(key, usage)
      },
    }
  }

  #admitQueued(key: string, usage: FunctionUsage): void {
    const { queue } = usage
    for (let next = queue[0]; next !== undefined && this.#fits(usage, next.bytes); next = queue[0]) {
      queue.shift()
      next.admit()
    }
    if (usage.runs === 0 && usage.answerBytes === 0) this.#functions.delete(key)
  }
}

function updateExpectation(usage: FunctionUsage, answerBytes: number): void {
  const expected = Math.max(answerBytes, Math.floor(usage.answerBytes * EXPECTATION_KEPT))
  usage.answerBytes = expected < COUNTED_BYTES_MIN ? 0 : expected
}

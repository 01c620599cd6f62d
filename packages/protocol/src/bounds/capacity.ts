import { Rate } from './rate.js'

/** How much fits. */
export interface RoomLimits {
  readonly countMax: number
  readonly bytesMax: number
}

/** What somebody has taken of a {@link Room}. */
export interface Place {
  /** Takes more bytes, if they fit. */
  grow(bytes: number): boolean
  /** Gives it back. Once; later calls do nothing. */
  leave(): void
}

/**
 * Room for things that wait in memory, by count and by bytes. Whoever comes alone fits, however large: else it would
 * never get in.
 */
export class Room {
  readonly #limits: RoomLimits
  readonly #nowMs: () => number
  readonly #countLeft = new Rate()
  readonly #bytesLeft = new Rate()
  #count = 0
  #bytes = 0

  /** @param nowMs - Epoch milliseconds, for {@link retryAfterMs}. */
  constructor(limits: RoomLimits, nowMs: () => number) {
    this.#limits = limits
    this.#nowMs = nowMs
  }

  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#bytes
  }

  /** A place for `count` things that have `bytes` together, or `undefined` when there is no room. */
  enter(count: number, bytes: number): Place | undefined {
    if (!this.#fits(count, bytes)) return undefined
    this.#count += count
    this.#bytes += bytes
    let taken = bytes
    let isOver = false
    return {
      grow: (more) => {
        if (isOver || (this.#count > count && this.#bytes + more > this.#limits.bytesMax)) return false
        this.#bytes += more
        taken += more
        return true
      },
      leave: () => {
        if (isOver) return
        isOver = true
        this.#count -= count
        this.#bytes -= taken
        const nowMs = this.#nowMs()
        this.#countLeft.add(count, nowMs)
        this.#bytesLeft.add(taken, nowMs)
      },
    }
  }

  /** When as much will have left, at the rate of late, as `count` things of `bytes` bytes need. */
  retryAfterMs(count: number, bytes: number): number {
    const { countMax, bytesMax } = this.#limits
    const nowMs = this.#nowMs()
    return Math.max(
      this.#countLeft.adviceMsFor(Math.max(0, this.#count + count - countMax), nowMs),
      this.#bytesLeft.adviceMsFor(Math.max(0, this.#bytes + bytes - bytesMax), nowMs),
    )
  }

  #fits(count: number, bytes: number): boolean {
    const { countMax, bytesMax } = this.#limits
    return this.#count === 0 || (this.#count + count <= countMax && this.#bytes + bytes <= bytesMax)
  }
}

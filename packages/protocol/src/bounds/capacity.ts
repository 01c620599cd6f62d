import { Rate } from './rate.js'

/** Capacity limits. */
export interface CapacityLimits {
  readonly countMax: number
  readonly bytesMax: number
}

/** A part of a {@link Capacity} that is in use. */
export interface Reservation {
  /** Reserves more bytes. Returns whether they fit; if not, nothing changes. */
  grow(bytes: number): boolean
  /** Frees the reservation. Later calls do nothing. */
  release(): void
}

/**
 * Bounds what waits in memory, by count and by bytes. A single reservation is always admitted, however large: it would
 * otherwise never be.
 */
export class Capacity {
  readonly #limits: CapacityLimits
  readonly #nowMs: () => number
  readonly #countReleased = new Rate()
  readonly #bytesReleased = new Rate()
  #count = 0
  #bytes = 0

  /** @param nowMs - Epoch milliseconds, for {@link retryAfterMs}. */
  constructor(limits: CapacityLimits, nowMs: () => number) {
    this.#limits = limits
    this.#nowMs = nowMs
  }

  /** Count that is reserved. */
  get count(): number {
    return this.#count
  }

  /** Bytes that are reserved. */
  get bytes(): number {
    return this.#bytes
  }

  /** Reserves `count` items of `bytes` bytes in total; `undefined` when they do not fit. */
  reserve(count: number, bytes: number): Reservation | undefined {
    if (!this.#fits(count, bytes)) return undefined
    this.#count += count
    this.#bytes += bytes
    let reserved = bytes
    let isReleased = false
    return {
      grow: (more) => {
        if (isReleased || (this.#count > count && this.#bytes + more > this.#limits.bytesMax)) return false
        this.#bytes += more
        reserved += more
        return true
      },
      release: () => {
        if (isReleased) return
        isReleased = true
        this.#count -= count
        this.#bytes -= reserved
        const nowMs = this.#nowMs()
        this.#countReleased.add(count, nowMs)
        this.#bytesReleased.add(reserved, nowMs)
      },
    }
  }

  /** Time until `count` items of `bytes` bytes fit, at the recent rate of releases. */
  retryAfterMs(count: number, bytes: number): number {
    const { countMax, bytesMax } = this.#limits
    const nowMs = this.#nowMs()
    return Math.max(
      this.#countReleased.adviceMsFor(Math.max(0, this.#count + count - countMax), nowMs),
      this.#bytesReleased.adviceMsFor(Math.max(0, this.#bytes + bytes - bytesMax), nowMs),
    )
  }

  #fits(count: number, bytes: number): boolean {
    const { countMax, bytesMax } = this.#limits
    return this.#count === 0 || (this.#count + count <= countMax && this.#bytes + bytes <= bytesMax)
  }
}

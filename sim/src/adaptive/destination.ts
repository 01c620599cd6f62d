import type { Dice } from '../tools/dice.js'
import type { VirtualClock } from '../tools/virtual-clock.js'

/** How far the work of one run differs from the mean, to either side. */
const WORK_SPREAD = 0.25

/** Tokens that a limit of runs per second accumulates while it is unused, in seconds of that rate. */
const BURST_SECONDS = 0.2

export interface DestinationOptions {
  readonly name: string
  /** Capacity at a moment of true time. The scheduler does not see it. */
  readonly capacityAt: (trueMs: number) => number
  /** What the capacity counts: concurrent runs, or runs admitted per second. */
  readonly unit: 'concurrent runs' | 'runs per second'
  /** Mean time of a run that is admitted. */
  readonly workMs: number
  /** Time until the refusal of a run is sent: short, or as long as the work would have taken. */
  readonly refusalMs: number
}

/** An endpoint with a capacity. Runs beyond it are refused with `throttled`. */
export class Destination {
  readonly name: string
  readonly #options: DestinationOptions
  readonly #clock: VirtualClock
  readonly #dice: Dice
  #busy = 0
  #tokens = 0
  #tokensAtMs = 0

  constructor(options: DestinationOptions, clock: VirtualClock, dice: Dice) {
    this.name = options.name
    this.#options = options
    this.#clock = clock
    this.#dice = dice
  }

  get capacity(): number {
    return this.#options.capacityAt(this.#clock.trueMs)
  }

  /** Runs in progress. */
  get busy(): number {
    return this.#busy
  }

  /** Starts a run; `ended` is called once, later. */
  run(ended: (isAdmitted: boolean) => void): void {
    const { workMs, refusalMs } = this.#options
    const share = 1 - WORK_SPREAD + 2 * WORK_SPREAD * this.#dice.next()
    if (!this.#admits()) {
      this.#clock.after(refusalMs * share, () => ended(false))
      return
    }
    this.#busy += 1
    this.#clock.after(workMs * share, () => {
      this.#busy -= 1
      ended(true)
    })
  }

  #admits(): boolean {
    const { capacity } = this
    if (this.#options.unit === 'concurrent runs') return this.#busy < capacity
    const passedMs = this.#clock.trueMs - this.#tokensAtMs
    this.#tokensAtMs = this.#clock.trueMs
    this.#tokens = Math.min(capacity * BURST_SECONDS + 1, this.#tokens + (capacity * passedMs) / 1000)
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}

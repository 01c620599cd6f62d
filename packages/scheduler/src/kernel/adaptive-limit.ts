/** Numbers of the control loop. */
export interface LimitPolicy {
  readonly start: number
  readonly floor: number
  readonly ceiling: number
}

/** For one function at one endpoint: a cautious start, because nothing is known of what it calls. */
export const FUNCTION_LIMIT: LimitPolicy = { start: 10, floor: 1, ceiling: 1000 }

/**
 * For an endpoint as a whole: high enough that it never binds while the endpoint answers, so that one function
 * cannot hold up another; it falls only when the endpoint cannot be reached.
 */
export const ENDPOINT_LIMIT: LimitPolicy = { start: 1000, floor: 1, ceiling: 10_000 }

/**
 * How many runs may go on at one time: additive increase, multiplicative decrease, as TCP does it.
 *
 * A success adds 1/limit, so +1 per full window; a decrease halves, at most once per round trip: what was already
 * under way at the last decrease says nothing about the new limit.
 */
export class AdaptiveLimit {
  readonly #policy: LimitPolicy
  #limit: number
  #lowest: number
  #highest: number
  #inFlight = 0
  /** Runs up to this number were under way when the limit was last halved. */
  #decreasedAtRun = 0

  constructor(policy: LimitPolicy) {
    this.#policy = policy
    this.#limit = policy.start
    this.#lowest = policy.start
    this.#highest = policy.start
  }

  /** Whole runs allowed now. */
  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** Lowest that {@link limit} has been. */
  get limitMin(): number {
    return Math.floor(this.#lowest)
  }

  /** Highest that {@link limit} has been. */
  get limitMax(): number {
    return Math.floor(this.#highest)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get hasRoom(): boolean {
    return this.#inFlight < this.limit
  }

  take(): void {
    this.#inFlight += 1
  }

  release(): void {
    this.#inFlight -= 1
  }

  /**
   * A run ended well. The limit grows only while at least half of it is in use: an idle function has shown nothing
   * about how much its dependencies bear. Call before {@link release}.
   */
  increase(): void {
    if (this.#inFlight * 2 < this.#limit) return
    this.#limit = Math.min(this.#policy.ceiling, this.#limit + 1 / this.#limit)
    if (this.#limit > this.#highest) this.#highest = this.#limit
  }

  /**
   * A run ended with a status that asks for less.
   *
   * @param run - Number of the run that ended so.
   * @param latestRun - Number of the newest run that has begun.
   */
  decrease(run: number, latestRun: number): void {
    if (run <= this.#decreasedAtRun) return
    this.#limit = Math.max(this.#policy.floor, this.#limit / 2)
    if (this.#limit < this.#lowest) this.#lowest = this.#limit
    this.#decreasedAtRun = latestRun
  }
}

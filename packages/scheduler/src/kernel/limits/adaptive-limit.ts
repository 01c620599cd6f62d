/** Parameters of an {@link AdaptiveLimit}, in concurrent runs. */
export interface LimitPolicy {
  readonly start: number
  readonly floor: number
  readonly ceiling: number
}

/** For one function at one endpoint: a cautious start, because the capacity of its dependencies is not known. */
export const FUNCTION_LIMIT: LimitPolicy = { start: 10, floor: 1, ceiling: 1000 }

/**
 * For an endpoint as a whole: high enough that it never binds while the endpoint answers, so that one function
 * cannot block another; it falls only when the endpoint cannot be reached.
 */
export const ENDPOINT_LIMIT: LimitPolicy = { start: 1000, floor: 1, ceiling: 10_000 }

/** Share by which the first decrease of a round trip lowers the limit: large enough for others to use the capacity. */
const FIRST_SHARE = 1 / 8

/** A successful run adds {@link GAIN} / (limit + {@link GAIN_SOFTENER}): 1/23 at most. */
const GAIN = 0.4
const GAIN_SOFTENER = 8

/** After so many round trips and so many runs without a decrease, more capacity may have become available. */
const QUIET_ROUND_TRIPS = 8
const QUIET_RUNS = 100

/**
 * A limit on concurrent runs that follows from how runs end. ADR 0012 has the reasons and the measurements.
 *
 * A1 A round trip ends when a run ends that began in it: runs that began earlier say nothing about the present limit.
 * A2 A decrease, which is a run whose status lowers concurrency, lowers the limit by 1: the slot in which it ran was one too
 *    many. So within one round trip the limit falls by the share of such runs, to what the dependency sustains, and by half at
 *    most.
 * A3 The first decrease of a round trip lowers the limit by an eighth, if that is more than 1. Of several functions that
 *    share a capacity, the one with the higher limit has more decreases and gives up more, so that their limits converge.
 * A4 A successful run adds a little: at most 1/23, so that in the long run one run in 23 is a decrease, and far fewer where
 *    the limit is high.
 * A5 At the beginning and after a quiet time the search is fast: in its n-th round trip the limit grows by n, and at most
 *    doubles.
 * A6 The limit grows only while at least half of it is in use: an idle function shows nothing about its dependencies.
 */
export class AdaptiveLimit {
  readonly #policy: LimitPolicy
  #limit: number
  #lowest: number
  #highest: number
  #inFlight = 0
  /** A1: the newest run when the present round trip began, and the limit at that time. */
  #roundTripAfterRun = 0
  #limitBefore: number
  /** A3: the newest run when the last round trip with a decrease had its first one. */
  #decreasedAfterRun = 0
  #quietRoundTrips = QUIET_ROUND_TRIPS
  #quietRuns = QUIET_RUNS

  constructor(policy: LimitPolicy) {
    this.#policy = policy
    this.#limit = policy.start
    this.#lowest = policy.start
    this.#highest = policy.start
    this.#limitBefore = policy.start
  }

  /** Runs allowed at present: the limit, rounded down. */
  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** Lowest {@link limit} so far. */
  get limitMin(): number {
    return Math.floor(this.#lowest)
  }

  /** Highest {@link limit} so far. */
  get limitMax(): number {
    return Math.floor(this.#highest)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get hasCapacity(): boolean {
    return this.#inFlight < this.limit
  }

  /** Runs that may begin now. */
  get available(): number {
    return Math.max(0, this.limit - this.#inFlight)
  }

  take(): void {
    this.#inFlight += 1
  }

  release(): void {
    this.#inFlight -= 1
  }

  /**
   * A run succeeded. Call before {@link release}.
   *
   * @param run - Number of that run.
   * @param latestRun - Number of the newest run that has begun.
   */
  increase(run: number, latestRun: number): void {
    if (this.#inFlight * 2 < this.#limit) return // A6
    this.#watchRoundTrip(run, latestRun)
    this.#quietRuns += 1
    const search = this.#quietRuns > QUIET_RUNS ? this.#quietRoundTrips - QUIET_ROUND_TRIPS : 0
    const gain = search > 0 ? Math.min(1, search / this.#limit) : GAIN / (this.#limit + GAIN_SOFTENER) // A5, A4
    this.#limit = Math.min(this.#policy.ceiling, this.#limit + gain)
    if (this.#limit > this.#highest) this.#highest = this.#limit
  }

  /** A run ended with a status that lowers concurrency. Parameters as in {@link increase}. */
  decrease(run: number, latestRun: number): void {
    this.#watchRoundTrip(run, latestRun)
    this.#quietRuns = 0
    this.#quietRoundTrips = 0
    let less = 1
    if (run > this.#decreasedAfterRun) {
      this.#decreasedAfterRun = latestRun
      less = Math.max(1, this.#limit * FIRST_SHARE) // A3
    }
    this.#limit = Math.max(this.#policy.floor, this.#limitBefore / 2, this.#limit - less) // A2
    if (this.#limit < this.#lowest) this.#lowest = this.#limit
  }

  /** A1 */
  #watchRoundTrip(run: number, latestRun: number): void {
    if (run <= this.#roundTripAfterRun) return
    this.#roundTripAfterRun = latestRun
    this.#limitBefore = this.#limit
    this.#quietRoundTrips += 1
  }
}

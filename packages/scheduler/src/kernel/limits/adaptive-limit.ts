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

/** What the first run that asks for less takes away: enough to leave room for others who share the capacity. */
const FIRST_SHARE = 1 / 8

/** What a run that ended well adds is {@link GAIN} / (limit + {@link GAIN_SOFTENER}): 1/23 at most. */
const GAIN = 0.4
const GAIN_SOFTENER = 8

/** Without a run that asked for less in so many round trips and so many runs, there is more room than was known. */
const QUIET_ROUND_TRIPS = 8
const QUIET_RUNS = 100

/**
 * How many runs may go on at one time, found from how runs end. ADR 0012 has the reasons and what was measured.
 *
 * A1 A round trip ends when a run ends that began in it: what was under way before says nothing about the limit now.
 * A2 A run that asks for less takes 1 away: the slot in which it ran was one too many. So the limit falls by the share
 *    of such runs, to what is borne, within one round trip; in one round trip by half at most.
 * A3 The first of them in a round trip takes an eighth away, if that is more than 1. Of several who share a capacity
 *    the one that has more is told so more often and leaves more: they come to have the same.
 * A4 A run that ends well adds a little: a 23rd at most, so that of 23 runs one asks for less in the long run, and of
 *    many at one time far fewer.
 * A5 After a quiet time, and at the beginning, the search is fast: in its n-th round trip the limit grows by n, at most
 *    twofold.
 * A6 The limit grows only while half of it is in use: an idle function shows nothing about what its dependencies bear.
 */
export class AdaptiveLimit {
  readonly #policy: LimitPolicy
  #limit: number
  #lowest: number
  #highest: number
  #inFlight = 0
  /** A1: the newest run that had begun when the present round trip began, and the limit at that time. */
  #roundTripAfterRun = 0
  #limitBefore: number
  /** A3: the newest run that had begun when the last round trip with such a run was told of it. */
  #toldAfterRun = 0
  #quietRoundTrips = QUIET_ROUND_TRIPS
  #quietRuns = QUIET_RUNS

  constructor(policy: LimitPolicy) {
    this.#policy = policy
    this.#limit = policy.start
    this.#lowest = policy.start
    this.#highest = policy.start
    this.#limitBefore = policy.start
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

  /** Runs that may begin now. */
  get room(): number {
    return Math.max(0, this.limit - this.#inFlight)
  }

  take(): void {
    this.#inFlight += 1
  }

  release(): void {
    this.#inFlight -= 1
  }

  /**
   * A run ended well. Call before {@link release}.
   *
   * @param run - Number of the run that ended so.
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

  /** A run ended with a status that asks for less. Otherwise as {@link increase}. */
  decrease(run: number, latestRun: number): void {
    this.#watchRoundTrip(run, latestRun)
    this.#quietRuns = 0
    this.#quietRoundTrips = 0
    let less = 1
    if (run > this.#toldAfterRun) {
      this.#toldAfterRun = latestRun
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

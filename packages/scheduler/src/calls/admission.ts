import { DispatchError } from '@dispatch/protocol'
import { Capacity, Rate, UNACKNOWLEDGED_BYTES_MAX, UNACKNOWLEDGED_CALLS_MAX } from '@dispatch/protocol/bounds'
import { bytesOfCalls, type Call } from '@dispatch/protocol/messages'
import type { Clock } from '../time/clock.js'

/** Calls that are not done: about 500 bytes of memory each. */
const LIVE_CALLS_MAX = 2_000_000

/** In the store, not in memory. */
const LIVE_BYTES_MAX = 10_000_000_000

/** Limits on new calls; beyond them, calls are refused with `throttled`. */
export interface AdmissionLimits {
  /**
   * Maximum of calls that are not done, at about 500 bytes of memory each. Calls made by accepted calls count, and are never
   * refused for this. Default 2 000 000.
   */
  readonly liveCallsMax?: number
  /**
   * Maximum of bytes of the inputs of calls that are not done, in the store. Calls made by accepted calls count, and are never
   * refused for this; a single request is always accepted, however large. Default 10 000 000 000.
   */
  readonly liveBytesMax?: number
  /** Maximum of calls that are received and not yet durable. Default 100 000. */
  readonly unacknowledgedCallsMax?: number
  /** Maximum of bytes of such calls; a single request is always accepted, however large. Default 64 000 000. */
  readonly unacknowledgedBytesMax?: number
}

/** Calls that are not done, and bytes of their inputs. */
export interface LiveCalls {
  readonly size: number
  readonly inputBytes: number
}

/** A request that was admitted. */
export interface AdmittedRequest {
  /** Its calls were submitted to the kernel, which counts them from now on. */
  markSubmitted(): void
  /** It has been answered. */
  release(): void
}

/**
 * Decides which calls a scheduler accepts.
 *
 * U1 A request is refused as a whole, with `throttled` and the time until there will be capacity for it, at the recent rate
 *    (ADR 0013).
 * U2 Calls made by accepted calls are part of what was accepted: refusing them would keep a full scheduler full. Those that
 *    are awaited come with the answers of runs, not here; those that are dispatched are bounded by the unacknowledged calls
 *    only.
 */
export class Admission {
  readonly #clock: Clock
  readonly #liveCallsMax: number
  readonly #liveBytesMax: number
  readonly #unacknowledged: Capacity
  /** Recent rate at which calls end. */
  readonly #ended = new Rate()
  /** The same in bytes of their inputs. */
  readonly #endedBytes = new Rate()
  /** Calls that were admitted and not submitted to the kernel yet. */
  #unsubmitted = 0
  #unsubmittedBytes = 0

  constructor(limits: AdmissionLimits, clock: Clock) {
    this.#clock = clock
    this.#liveCallsMax = limits.liveCallsMax ?? LIVE_CALLS_MAX
    this.#liveBytesMax = limits.liveBytesMax ?? LIVE_BYTES_MAX
    this.#unacknowledged = new Capacity(
      {
        countMax: limits.unacknowledgedCallsMax ?? UNACKNOWLEDGED_CALLS_MAX,
        bytesMax: limits.unacknowledgedBytesMax ?? UNACKNOWLEDGED_BYTES_MAX,
      },
      () => clock.nowMs(),
    )
  }

  /** A call is done. */
  recordEnd(inputBytes: number): void {
    this.#ended.add(1, this.#clock.nowMs())
    this.#endedBytes.add(inputBytes, this.#clock.nowMs())
  }

  /**
   * @param isAccepted - Whether a call was made by an accepted one (U2).
   * @throws {DispatchError} `throttled`, with the time until there will be capacity.
   */
  admit(calls: readonly Call[], live: LiveCalls, isAccepted: (call: Call) => boolean): AdmittedRequest {
    const fresh = calls.filter((call) => !isAccepted(call))
    if (fresh.length > 0) this.#assertCapacity(fresh, live)
    const count = calls.length
    const bytes = bytesOfCalls(calls)
    const capacity = this.#unacknowledged
    const reservation = capacity.reserve(count, bytes)
    if (reservation === undefined) {
      throw new DispatchError(
        'throttled',
        `${capacity.count} calls of ${capacity.bytes} bytes wait to be recorded, which is the maximum; retry later`,
        { retryAfterMs: capacity.retryAfterMs(count, bytes) },
      )
    }
    this.#unsubmitted += count
    this.#unsubmittedBytes += bytes
    let isSubmitted = false
    const markSubmitted = (): void => {
      if (isSubmitted) return
      isSubmitted = true
      this.#unsubmitted -= count
      this.#unsubmittedBytes -= bytes
    }
    return {
      markSubmitted,
      release: () => {
        markSubmitted()
        reservation.release()
      },
    }
  }

  #assertCapacity(calls: readonly Call[], { size: liveCalls, inputBytes: liveBytes }: LiveCalls): void {
    const tooMany = liveCalls + this.#unsubmitted + calls.length - this.#liveCallsMax
    if (tooMany > 0) {
      throw new DispatchError(
        'throttled',
        `${liveCalls} calls are not done, of at most ${this.#liveCallsMax}; retry later`,
        { retryAfterMs: this.#ended.adviceMsFor(tooMany, this.#clock.nowMs()) },
      )
    }
    const bytes = bytesOfCalls(calls)
    const held = liveBytes + this.#unsubmittedBytes
    const tooLarge = held + bytes - this.#liveBytesMax
    if (held > 0 && tooLarge > 0) {
      throw new DispatchError(
        'throttled',
        `calls that are not done have inputs of ${liveBytes} bytes, of at most ${this.#liveBytesMax}; retry later`,
        { retryAfterMs: this.#endedBytes.adviceMsFor(tooLarge, this.#clock.nowMs()) },
      )
    }
  }
}

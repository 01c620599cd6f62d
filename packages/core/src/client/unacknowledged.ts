import { DispatchError } from '@dispatch/protocol'
import { Capacity, type CapacityLimits, type Reservation } from '@dispatch/protocol/bounds'
import { bytesOfCalls, type Call } from '@dispatch/protocol/messages'
import { systemNowMs } from '@dispatch/protocol/time'

/**
 * The calls that this process has dispatched and that no scheduler has acknowledged yet, bounded by count and bytes: a
 * caller that never awaits must not fill the memory of its process.
 */
export class Unacknowledged {
  readonly #capacity: Capacity

  constructor(limits: CapacityLimits) {
    this.#capacity = new Capacity(limits, systemNowMs)
  }

  /**
   * Reserves room for calls until the reservation is released.
   *
   * @throws {DispatchError} `throttled` when too many are unacknowledged, with the time until these fit at the recent rate.
   */
  reserve(calls: readonly Call[]): Reservation {
    const capacity = this.#capacity
    const bytes = bytesOfCalls(calls)
    const reservation = capacity.reserve(calls.length, bytes)
    if (reservation !== undefined) return reservation
    throw new DispatchError(
      'throttled',
      `${capacity.count} calls of ${capacity.bytes} bytes are dispatched and not acknowledged, and no more fit; await some of them first`,
      { retryAfterMs: capacity.retryAfterMs(calls.length, bytes) },
    )
  }
}

import { DispatchError } from '@dispatch/protocol'
import { Room, type RoomLimits } from '@dispatch/protocol/bounds'
import { bytesOfCalls, type Call } from '@dispatch/protocol/messages'

/**
 * The calls that a process has handed over and that no scheduler has acknowledged yet, bounded by count and bytes: a
 * caller that never waits must not fill the memory of its process.
 */
export class Unacknowledged {
  readonly #room: Room

  constructor(limits: RoomLimits) {
    this.#room = new Room(limits, Date.now)
  }

  /**
   * Hands calls over by `send`.
   *
   * @throws {DispatchError} `throttled` when too many are on their way, with the time that it takes, at the rate of late,
   *   until there is room; then `send` is not called. Else what `send` throws.
   */
  async handOver(calls: readonly Call[], send: () => Promise<string[]>): Promise<string[]> {
    const room = this.#room
    const bytes = bytesOfCalls(calls)
    const place = room.enter(calls.length, bytes)
    if (place === undefined) {
      throw new DispatchError(
        'throttled',
        `${room.count} calls of ${room.bytes} bytes are dispatched and not acknowledged, and no more fit; await some of them first`,
        { retryAfterMs: room.retryAfterMs(calls.length, bytes) },
      )
    }
    try {
      return await send()
    } finally {
      place.leave()
    }
  }
}

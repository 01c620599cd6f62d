import { Room } from '@dispatch/protocol/bounds'
import {
  inflatedBytesMax,
  tooLargeError,
  UnaryError,
  type UnaryHeaders,
  type UnaryResponse,
  unreadResponse,
} from '@dispatch/protocol/connect'

/** What {@link RunRoom} holds requests to. */
export interface RunRoomLimits {
  readonly requestsMax: number
  readonly requestBytesMax: number
  /** Of one request. */
  readonly bodyBytesMax: number
  readonly bodyMsMax: number
}

/** Room for a request for runs, whose body may be read. */
export interface BodyPlace {
  /** Longest time in which the body has to arrive, in milliseconds. */
  readonly msMax: number
  /**
   * Takes room for a piece of the body.
   *
   * @throws {UnaryError} `invalid_argument` when the body is longer than it may be, `resource_exhausted` when there is no room.
   */
  take(bytes: number): void
  /** Gives the room back: when the request was answered, or its sender is gone. */
  leave(): void
}

/**
 * What requests for runs take of the memory of this process, from their heads to their answers. Bytes count as they come and
 * not as they are announced, so that a sender who is slow keeps out only as much as it has sent.
 */
export class RunRoom {
  readonly #limits: RunRoomLimits
  readonly #room: Room

  constructor(limits: RunRoomLimits) {
    this.#limits = limits
    this.#room = new Room({ countMax: limits.requestsMax, bytesMax: limits.requestBytesMax }, Date.now)
  }

  /** Room for a request of which the head has come, or the refusal. */
  enter(headers: UnaryHeaders): BodyPlace | UnaryResponse {
    const place = this.#room.enter(1, 0)
    if (place === undefined) return unreadResponse(this.#fullError(0))
    const { bodyBytesMax, bodyMsMax } = this.#limits
    let sent = 0
    let held = 0
    return {
      msMax: bodyMsMax,
      take: (bytes) => {
        sent += bytes
        if (sent > bodyBytesMax) throw tooLargeError()
        const more = sent + inflatedBytesMax(headers, sent, bodyBytesMax) - held
        if (!place.grow(more)) throw this.#fullError(more)
        held += more
      },
      leave: place.leave,
    }
  }

  #fullError(bytes: number): UnaryError {
    const { count, bytes: held } = this.#room
    const message = `this endpoint has ${count} requests of ${held} bytes under way`
    return new UnaryError('resource_exhausted', message, { retryAfterMs: this.#room.retryAfterMs(1, bytes) })
  }
}

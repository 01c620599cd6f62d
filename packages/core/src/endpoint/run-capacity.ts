import { Capacity } from '@dispatch/protocol/bounds'
import {
  inflatedBytesMax,
  tooLargeError,
  UnaryError,
  type UnaryHeaders,
  type UnaryResponse,
  unreadResponse,
} from '@dispatch/protocol/connect'
import { systemNowMs } from '@dispatch/protocol/time'

/** Limits of a {@link RunCapacity}. */
export interface RunCapacityLimits {
  readonly requestsMax: number
  readonly requestBytesMax: number
  /** Of one request. */
  readonly bodyBytesMax: number
  readonly bodyMsMax: number
}

/** Capacity that is reserved for a request for runs, whose body may be read. */
export interface BodyReservation {
  /** Longest time in which the body has to arrive, in milliseconds. */
  readonly msMax: number
  /**
   * Reserves the bytes of a piece of the body. Called before the piece is kept.
   *
   * @throws {UnaryError} `invalid_argument` when the body is too long, `resource_exhausted` when its bytes do not fit.
   */
  take(bytes: number): void
  /** Frees the reservation: when the request was answered, or its sender has disconnected. */
  release(): void
}

/**
 * Bounds the memory that requests for runs use in this process, from their heads to their answers. Bytes count when they
 * arrive, not when they are announced, so a slow sender occupies only as much as it has sent.
 */
export class RunCapacity {
  readonly #limits: RunCapacityLimits
  readonly #capacity: Capacity

  constructor(limits: RunCapacityLimits) {
    this.#limits = limits
    this.#capacity = new Capacity(
      { countMax: limits.requestsMax, bytesMax: limits.requestBytesMax },
      systemNowMs,
    )
  }

  /** Reserves capacity for a request of which the head was received, or returns the refusal. */
  reserve(headers: UnaryHeaders): BodyReservation | UnaryResponse {
    const reservation = this.#capacity.reserve(1, 0)
    if (reservation === undefined) return unreadResponse(this.#fullError(0))
    const { bodyBytesMax, bodyMsMax } = this.#limits
    let received = 0
    let reserved = 0
    return {
      msMax: bodyMsMax,
      take: (bytes) => {
        received += bytes
        if (received > bodyBytesMax) throw tooLargeError()
        const more = received + inflatedBytesMax(headers, received, bodyBytesMax) - reserved
        if (!reservation.grow(more)) throw this.#fullError(more)
        reserved += more
      },
      release: reservation.release,
    }
  }

  #fullError(bytes: number): UnaryError {
    const { count, bytes: reserved } = this.#capacity
    const message = `this endpoint has ${count} requests of ${reserved} bytes under way`
    const retryAfterMs = this.#capacity.retryAfterMs(1, bytes)
    return new UnaryError('resource_exhausted', message, { retryAfterMs })
  }
}

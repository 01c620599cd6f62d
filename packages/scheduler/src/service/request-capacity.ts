import type { IncomingMessage, ServerResponse } from 'node:http'
import { Capacity, type Reservation } from '@dispatch/protocol/bounds'
import {
  inflatedBytesMax,
  tooLargeError,
  UnaryError,
  type UnaryResponse,
  unreadResponse,
  whenGone,
} from '@dispatch/protocol/connect'
import type { OptionNames } from '@dispatch/protocol/text'
import { clearTimeout, setTimeout, systemNowMs } from '@dispatch/protocol/time'
import { COUNT, type Limits, TIME } from '../options/check-limits.js'
import { TIMER_MS_MAX } from '../time/clock.js'
import { WAIT_MS_MAX } from './wait-batch.js'

/** Maximum number of concurrent requests. Most of them wait for a call to end. */
const REQUESTS_MAX = 20_000

/** Maximum bytes of bodies in memory: eight of the largest, or a hundred thousand of typical size. */
const REQUEST_BYTES_MAX = 128_000_000

/** Time limit for a body to arrive: 16 MB at 4 Mbit/s. */
const BODY_MS_MAX = 30_000

/** Time limit for a response to be read: twice as long, because the reader may be busy. */
const ANSWER_MS_MAX = 60_000

/** Limits on requests to a scheduler over HTTP. */
export interface RequestLimits {
  /** Maximum of requests under way, including those that wait for a call. Default 20 000. */
  readonly requestsMax?: number
  /** Maximum of bytes of unanswered requests and of unread answers. Default 128 000 000. */
  readonly requestBytesMax?: number
  /** Time in which a body has to arrive, in milliseconds. Default 30 000. */
  readonly bodyMsMax?: number
  /** Time in which an answer has to be read, in milliseconds. Default 60 000. */
  readonly answerMsMax?: number
}

/** The options of {@link RequestLimits}, with other words for them. */
export const REQUEST_LIMIT_OPTIONS = {
  requestsMax: ['maxRequests'],
  requestBytesMax: [],
  bodyMsMax: ['bodyTimeout'],
  answerMsMax: ['answerTimeout'],
} as const satisfies OptionNames<RequestLimits>

/** Ranges of the numeric options of a served scheduler. */
export const REQUEST_LIMITS: Limits<RequestLimits & { bodyBytesMax?: number }> = {
  requestsMax: COUNT,
  requestBytesMax: COUNT,
  bodyBytesMax: COUNT,
  bodyMsMax: TIME,
  answerMsMax: TIME,
}

/** Smaller responses fit into the buffers of the operating system. */
const SLOW_ANSWER_BYTES_MIN = 65_536

/** Bounds the memory that requests to a scheduler use. */
export class RequestCapacity {
  readonly bodyMsMax: number
  readonly #answerMsMax: number
  readonly #bodyBytesMax: number
  readonly #capacity: Capacity

  constructor(limits: RequestLimits, bodyBytesMax: number) {
    this.bodyMsMax = limits.bodyMsMax ?? BODY_MS_MAX
    this.#answerMsMax = limits.answerMsMax ?? ANSWER_MS_MAX
    this.#bodyBytesMax = bodyBytesMax
    this.#capacity = new Capacity(
      {
        countMax: limits.requestsMax ?? REQUESTS_MAX,
        bytesMax: limits.requestBytesMax ?? REQUEST_BYTES_MAX,
      },
      systemNowMs,
    )
  }

  /**
   * Reserves capacity for a request of which the head was received, until its answer has been read or its sender has
   * disconnected; or returns the refusal.
   */
  reserve(request: IncomingMessage, response: ServerResponse): Reservation | UnaryResponse {
    const bytes = this.#announcedBytes(request)
    const reservation = this.#capacity.reserve(1, bytes)
    if (reservation === undefined) return this.full(bytes)
    whenGone(response, reservation.release)
    return reservation
  }

  /** Reserves each piece of a body before it is kept. @throws {UnaryError} When it is too long, or does not fit. */
  takerOf({ headers }: IncomingMessage, reservation: Reservation): (bytes: number) => void {
    const isAnnounced = headers['content-length'] !== undefined
    let sent = 0
    return (bytes) => {
      sent += bytes
      if (sent > this.#bodyBytesMax) throw tooLargeError()
      if (!isAnnounced && !reservation.grow(bytes)) throw this.#fullError(bytes)
    }
  }

  /** The refusal of a request or response that does not fit. */
  full(bytes: number): UnaryResponse {
    return unreadResponse(this.#fullError(bytes))
  }

  #fullError(bytes: number): UnaryError {
    const { count, bytes: reserved } = this.#capacity
    const message = `the scheduler is handling ${count} requests of ${reserved} bytes`
    return new UnaryError('resource_exhausted', message, {
      retryAfterMs: this.#capacity.retryAfterMs(1, bytes),
    })
  }

  /** Limits how long a response that is not read is kept. */
  watchAnswer(response: ServerResponse, bytes: number): void {
    if (bytes < SLOW_ANSWER_BYTES_MIN) return
    const timer = setTimeout(() => response.destroy(), this.#answerMsMax)
    whenGone(response, () => clearTimeout(timer))
  }

  /** Like {@link watchAnswer}, for a response whose parts may be far apart. */
  watchStream(response: ServerResponse): void {
    const msMax = Math.min(WAIT_MS_MAX + this.#answerMsMax, TIMER_MS_MAX)
    response.setTimeout(msMax, () => response.destroy())
  }

  /** The bytes that the head announces. A body without a length is counted as it arrives. */
  #announcedBytes({ headers }: IncomingMessage): number {
    const length = Number(headers['content-length'] ?? 0)
    return length + inflatedBytesMax(headers, length, this.#bodyBytesMax)
  }
}

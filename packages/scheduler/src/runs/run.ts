import { RunAborter } from '@dispatch/protocol'
import type { RunEffect } from '../kernel/events/events.js'
import type { RunReservation } from './run-bytes.js'

/** One run under way. It is the abort signal that is passed to its endpoint. */
export class Run extends RunAborter {
  readonly effect: RunEffect
  /** Payloads are bounded per function: the key of this one. */
  readonly functionKey: string
  /** Time limit, from the request to the endpoint. */
  limitMs = 0
  /** Monotonic; none until the endpoint is asked. */
  deadlineMs = Number.POSITIVE_INFINITY
  /** Memory reserved for its payloads; `undefined` while they are too small to count. */
  reservation: RunReservation | undefined = undefined
  /** Number of results that were sent; `undefined` for a first run. */
  delivered: number | undefined = undefined

  constructor(effect: RunEffect) {
    super()
    this.effect = effect
    this.functionKey = `${effect.endpoint}\n${effect.function}`
  }
}

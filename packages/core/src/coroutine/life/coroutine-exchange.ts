import type { Call, CallResult, WireError } from '@dispatch/protocol/messages'
import type { RunNotes } from '../journal/steps.js'

/** What a run delivers to a coroutine. */
export interface Delivery {
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** Timers to fire, by step; `undefined`: those that are due. */
  readonly fired: readonly number[] | undefined
  readonly pollError: WireError | undefined
  readonly results: readonly CallResult[]
}

/** What a coroutine waits for at the end of a run. */
export interface Suspension {
  /** Calls to send now. */
  readonly calls: Call[]
  readonly hasMoreCalls: boolean
  readonly openCalls: number
  /** All the open calls belong to one gather. */
  readonly isGather: boolean
  /** When the next timer is due. */
  readonly dueAtMs: number | undefined
  readonly notes: RunNotes
}

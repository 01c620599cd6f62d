import type { Call, CallResult, WireError } from '@dispatch/protocol/messages'
import type { RunNotes } from '../journal/steps.js'

/** How a coroutine ended. All but the first two are not the handler's doing: it then stays where it is. */
export type End =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  /** The handler is not the one that the journal tells of. */
  | { readonly kind: 'incompatible'; readonly message: string }
  | { readonly kind: 'aborted'; readonly reason: unknown }
  /** Nobody will resume this copy. */
  | { readonly kind: 'discarded' }

/** What a run brings to a coroutine. */
export interface Delivery {
  readonly nowMs: number
  /** Timers to fire, by step; `undefined`: those that are due. */
  readonly fired: readonly number[] | undefined
  readonly pollError: WireError | undefined
  readonly results: readonly CallResult[]
}

/** What a coroutine waits for at the end of a run. */
export interface Suspension {
  /** Calls to make now. */
  readonly calls: Call[]
  readonly hasMoreCalls: boolean
  readonly openCalls: number
  /** All the open calls belong to one gather. */
  readonly isGather: boolean
  /** When the next timer is due. */
  readonly dueAtMs: number | undefined
  readonly notes: RunNotes
}

import type { CallOptions, CallRecord, Write } from '../store/store.js'

/** A call that somebody wants: by `dispatch()`, in a Poll or as a tail call. Checked at the edge. */
export interface NewCall {
  readonly endpoint: string
  readonly function: string
  readonly version: string
  readonly options: CallOptions
  /** Empty: no limit by key. */
  readonly concurrencyKey: string
  /** Encoded `google.protobuf.Any`. */
  readonly input: Uint8Array
  /** From now; 0: no limit of its own. */
  readonly expirationMs: number
  readonly delayMs: number
}

export interface SubmittedCall {
  readonly id: string
  readonly tenant: string
  readonly call: NewCall
}

export interface PolledCall {
  readonly correlationId: bigint
  readonly call: NewCall
}

/** How a run ended, read from what the endpoint answered. Results are encoded `CallResult`s without ids. */
export type Outcome =
  /** The call is done, if `statusCode` says so; else it is tried again. */
  | {
      readonly kind: 'exit'
      readonly statusCode: number
      readonly result: Uint8Array
      readonly retryAfterMs: number
    }
  | { readonly kind: 'tail-call'; readonly statusCode: number; readonly call: NewCall }
  | {
      readonly kind: 'poll'
      /** Encoded state `Any`, or the bytes of the early form, as the transport wants them back. */
      readonly state: Uint8Array
      readonly calls: readonly PolledCall[]
      readonly minResults: number
      readonly maxResults: number
      /** 0: no limit. */
      readonly maxWaitMs: number
      readonly wakeOnFailure: boolean
      readonly journalEntry: Uint8Array
      /** Set when none of `calls` may be made: an encoded `CallResult` whose error says why. */
      readonly refusal?: Uint8Array
    }
  /** The endpoint has no copy of the coroutine in memory. */
  | { readonly kind: 'journal-wanted' }
  /** There is no answer, or one that is no RunResponse. */
  | {
      readonly kind: 'failure'
      readonly source: 'transport' | 'endpoint' | 'function'
      readonly statusCode: number
      readonly result: Uint8Array
      readonly retryAfterMs: number
    }
  /** This scheduler gave the run up because it stops. */
  | { readonly kind: 'abandoned' }

export type Event =
  | { readonly kind: 'submit'; readonly calls: readonly SubmittedCall[] }
  /**
   * @see Outcome. `roll` is uniform in [0, 1), for the jitter of a back-off; `delivered` is how many of its results the
   * run received, when those were too large to come all at once.
   */
  | {
      readonly kind: 'ran'
      readonly id: string
      readonly run: number
      readonly outcome: Outcome
      readonly roll: number
      readonly delivered?: number
    }
  | { readonly kind: 'cancel'; readonly id: string }
  /** A suspended call is to run, whatever it waits for. */
  | { readonly kind: 'wake'; readonly id: string }
  /** Time has passed. */
  | { readonly kind: 'tick' }
  /** From now on calls are run, or no longer. */
  | { readonly kind: 'open' }
  | { readonly kind: 'close' }

/** One result to deliver with a run. */
export interface Delivery {
  /** Id of the child whose result it is. */
  readonly childId: string
  readonly ordinal: number
  readonly correlationId: bigint
}

/** What to do once the writes are durable. */
export type Effect =
  | {
      readonly kind: 'run'
      readonly id: string
      readonly run: number
      readonly parentId: string
      readonly rootId: string
      readonly endpoint: string
      readonly function: string
      readonly createdAtMs: number
      readonly expiresAtMs: number
      /** Counted from 1. */
      readonly attempt: number
      readonly restarts: number
      /** Longest time that the run may take; 0: the scheduler's own limit. */
      readonly runMsMax: number
      /** The first run of the call since its last restart, or the results with which it goes on. */
      readonly deliveries: readonly Delivery[] | undefined
      /** The last Poll was refused: tell why (the call's stored result) instead. */
      readonly isRefused: boolean
      readonly withJournal: boolean
    }
  | {
      readonly kind: 'abort'
      readonly id: string
      readonly run: number
      readonly reason: 'expired' | 'canceled'
    }
  | { readonly kind: 'done'; readonly call: CallRecord; readonly result: Uint8Array }

/** What follows from one event. */
export interface Decision {
  readonly writes: Write[]
  readonly effects: Effect[]
}

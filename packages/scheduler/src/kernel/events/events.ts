import type { CallRecord, StoredCallOptions, Write } from '../../store/store.js'

/** A call to be made: by `dispatch()`, by a Poll or by a tail call. Validated before it reaches the kernel. */
export interface NewCall {
  readonly endpoint: string
  readonly function: string
  readonly version: string
  readonly options: StoredCallOptions
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

/** The run suspended its call. */
export interface PollOutcome {
  readonly kind: 'poll'
  /** Encoded `PollResult` that holds nothing but the state of the coroutine. */
  readonly state: Uint8Array
  readonly calls: readonly PolledCall[]
  readonly minResults: number
  readonly maxResults: number
  /** 0: no limit. */
  readonly maxWaitMs: number
  readonly wakeOnFailure: boolean
  readonly journalEntry: Uint8Array
  /** An encoded `CallResult` whose error says why the Poll is refused; then `calls` is empty. */
  readonly refusal?: Uint8Array
}

/** The run replaced its call by another under the same id. */
export interface TailCallOutcome {
  readonly kind: 'tail-call'
  readonly statusCode: number
  readonly call: NewCall
}

/** How an attempt ended. */
export interface AttemptEnd {
  readonly statusCode: number
  /** Encoded `CallResult` without ids. */
  readonly result: Uint8Array
  readonly retryAfterMs: number
}

/** The function answered: the status decides whether the call is done, retried or restarted. */
export interface ExitOutcome extends AttemptEnd {
  readonly kind: 'exit'
}

/** There is no answer, or one that is not a RunResponse. */
export interface FailureOutcome extends AttemptEnd {
  readonly kind: 'failure'
  readonly source: 'transport' | 'endpoint' | 'function'
}

/** How a run ended, read from the answer of the endpoint. */
export type Outcome =
  | PollOutcome
  | TailCallOutcome
  | ExitOutcome
  | FailureOutcome
  /** The endpoint has no copy of the coroutine in memory. */
  | { readonly kind: 'needs-journal' }
  /** This scheduler gave up the run, because it stops. */
  | { readonly kind: 'abandoned' }

/** A run has ended. */
export interface RanEvent {
  readonly kind: 'ran'
  readonly id: string
  readonly run: number
  readonly outcome: Outcome
  /** Uniform in [0, 1), for the jitter of a back-off. */
  readonly roll: number
  /** Number of results that the run received, when they were too large to be sent together. */
  readonly delivered?: number
}

export type Event =
  | { readonly kind: 'submit'; readonly calls: readonly SubmittedCall[] }
  | RanEvent
  | { readonly kind: 'cancel'; readonly id: string }
  /** Runs a suspended call, whatever it waits for. */
  | { readonly kind: 'wake'; readonly id: string }
  /** Time has passed. */
  | { readonly kind: 'tick' }
  /** Runs are started from now on. */
  | { readonly kind: 'open' }
  /** No more runs are started. */
  | { readonly kind: 'close' }

/** One result to deliver with a run. */
export interface Delivery {
  /** Id of the child whose result it is. */
  readonly childId: string
  readonly ordinal: number
  readonly correlationId: bigint
}

/** A run to start. */
export interface RunEffect {
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
  /** Time limit of the run; 0: the scheduler's own. */
  readonly runMsMax: number
  /** Results with which the call is resumed; `undefined` for the first run since its last restart. */
  readonly deliveries: readonly Delivery[] | undefined
  /** The last Poll was refused: the stored result of the call, which says why, is sent instead. */
  readonly isRefused: boolean
  /** The journal is sent with the run. */
  readonly needsJournal: boolean
}

/** A run to abort: its call is done. */
export interface AbortEffect {
  readonly kind: 'abort'
  readonly id: string
  readonly run: number
  readonly reason: 'expired' | 'canceled'
}

/** A suspended call is done: the copy of its handler that its endpoint keeps is to be released. */
export interface ReleaseEffect {
  readonly kind: 'release'
  readonly id: string
  readonly endpoint: string
  readonly reason: 'expired' | 'canceled'
}

/** A call is done. */
export interface DoneEffect {
  readonly kind: 'done'
  readonly call: CallRecord
  readonly result: Uint8Array
}

/** To be carried out once the writes are durable. */
export type Effect = RunEffect | AbortEffect | ReleaseEffect | DoneEffect

/** What follows from one event. */
export interface Decision {
  readonly writes: Write[]
  readonly effects: Effect[]
}

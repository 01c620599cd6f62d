/** A call as stored, without its payloads. The terms are those of docs/understand/architecture.md. */
export interface CallRecord {
  readonly id: string
  /** Empty at the top of a tree. */
  readonly parentId: string
  /** Position among the calls that its parent has made since its last restart, from 1; 0 at the top. */
  readonly ordinal: number
  /** The parent's number of restarts when it made this call. */
  readonly parentRestarts: number
  readonly rootId: string
  /** The parent's name for this call, unsigned 64 bits. */
  readonly correlationId: bigint
  readonly tenant: string
  readonly createdAtMs: number
  /** 0: never. */
  readonly expiresAtMs: number
  /** The following fields change over the life of a call; a tail call changes these six. */
  readonly endpoint: string
  readonly function: string
  readonly version: string
  readonly options: StoredCallOptions
  /** Empty: no limit by key. */
  readonly concurrencyKey: string
  /** Size of the input in bytes. */
  readonly inputBytes: number
  /** `running` is not stored: after a restart a call that was running is due again. */
  readonly state: 'scheduled' | 'pending' | 'suspended' | 'done'
  /** When a scheduled call is due. */
  readonly dueAtMs: number
  /** Number of failed attempts of the current run. */
  readonly attempts: number
  /** Status of the last attempt, a number of `dispatch.sdk.v1.Status`; 0 before the first. */
  readonly statusCode: number
  /** Time of the last progress: creation or last Poll. */
  readonly progressAtMs: number
  /** Time since which the endpoint has reported the function as unknown; 0 when it has not. */
  readonly unknownSinceMs: number
  readonly restarts: number
  /** Number of Polls since the last restart, which is the length of the journal. */
  readonly polls: number
  /** Number of calls made since the last restart. */
  readonly children: number
  readonly wait: WaitCondition
  /** 0 until the call is done. */
  readonly finishedAtMs: number
}

/** Limits set by the caller. 0 means none. */
export interface StoredCallOptions {
  readonly attemptsMax: number
  readonly giveUpAfterMs: number
  readonly concurrencyMax: number
  /** 0: the scheduler's own limit. */
  readonly runMsMax: number
  /** Higher values run first. */
  readonly priority: number
  /** Maximum number of concurrent runs of calls with the same `concurrencyKey`. */
  readonly concurrencyKeyMax: number
}

/** The condition under which a suspended call resumes. */
export interface WaitCondition {
  readonly minResults: number
  readonly maxResults: number
  readonly wakeOnFailure: boolean
  /** Epoch milliseconds; 0: no limit. */
  readonly untilMs: number
}

/**
 * One change. `input` and `state` are encoded `google.protobuf.Any`, `result` an encoded `CallResult` without ids. An
 * absent payload leaves the stored one unchanged; `null` clears it.
 */
export type Write =
  | { readonly kind: 'insert'; readonly call: CallRecord; readonly input: Uint8Array }
  | {
      readonly kind: 'update'
      readonly call: CallRecord
      readonly input?: Uint8Array
      readonly state?: Uint8Array | null
      readonly result?: Uint8Array
    }
  | {
      readonly kind: 'journal'
      readonly callId: string
      readonly restarts: number
      /** Position, from 0: the run that ended with this entry. */
      readonly position: number
      /** Ordinals of the children whose results the run received, in that order. */
      readonly ordinals: readonly number[]
      /** The endpoint's entry; opaque. */
      readonly entry: Uint8Array
    }

/** Payloads of one call. A field is `undefined` when the store has none. */
export interface Payloads {
  readonly input: Uint8Array | undefined
  readonly state: Uint8Array | undefined
  readonly result: Uint8Array | undefined
}

/** A child that is done while its parent is not, and whose result the parent may not have received. */
export interface FinishedChild {
  readonly parentId: string
  readonly parentRestarts: number
  readonly ordinal: number
  readonly correlationId: bigint
  readonly statusCode: number
}

/** The result of a child, for its parent. */
export interface ChildResult {
  readonly correlationId: bigint
  /** Encoded `CallResult` without ids. */
  readonly result: Uint8Array
}

/** An entry of the journal of a call: the results that a run received, and its notes. */
export interface StoredJournalEntry {
  readonly ordinals: readonly number[]
  readonly entry: Uint8Array
}

/**
 * The storage of a scheduler.
 *
 * Promises of every implementation, checked by `test/helpers/store-contract.ts`:
 *  1. `commit` makes all writes of one batch durable, in order, or none; it resolves only when a crash of the
 *     process or the machine can no longer undo them.
 *  2. Commits take effect in the order in which they were requested, and reads see every commit requested before them.
 *  3. An `insert` of an id that exists fails the batch; so does an `update`, or a `journal` entry, of one that does not
 *     exist, and an entry at a position that has one. Ids hold no NUL.
 *  4. `load` returns, field by field, what was written.
 *  5. A store that another process holds open refuses to open and names that process and the fix. A killed process leaves
 *     nothing behind that prevents the next one from opening.
 *  6. A file that is not a store, has a newer version or is damaged refuses to open and is not changed.
 *  7. Failures are `DispatchError`: `temporary` when a retry may help (disk full), else `permanent`.
 */
export interface Store {
  open(): Promise<void>
  /**
   * Loads the state of a scheduler after a restart. Passes every call that is not done to `take`, in the order of
   * recording and in any number of parts: there may be a million.
   *
   * Resolves with the done children of parents that are not done, made since the parent's last restart, whose ordinal is
   * in none of the parent's journal entries; ordered by `finishedAtMs`, and within a millisecond by recording.
   */
  load(take: (calls: readonly CallRecord[]) => void): Promise<FinishedChild[]>
  commit(writes: readonly Write[]): Promise<void>
  /** Payloads of the calls with these ids, in their order; `undefined` for an id that does not exist. */
  readPayloads(ids: readonly string[]): Promise<(Payloads | undefined)[]>
  /** The call with its payloads, done or not. */
  readCall(id: string): Promise<{ call: CallRecord; payloads: Payloads } | undefined>
  /** The ones of `ids` that exist, with their tenants. */
  existing(ids: readonly string[]): Promise<Map<string, string>>
  /** The highest id below `bound` in lexicographic order; empty when there is none. */
  highestId(bound: string): Promise<string>
  /**
   * Results of children of a call, in the order of `ordinals`. `undefined` for a child that is not done. With `bytesMax`,
   * the results of as many leading ordinals as fit into that size, at least one.
   */
  readResults(
    parentId: string,
    parentRestarts: number,
    ordinals: readonly number[],
    bytesMax?: number,
  ): Promise<(ChildResult | undefined)[]>
  /** The journal of a call for its restart number `restarts`, in order. */
  readJournal(callId: string, restarts: number): Promise<StoredJournalEntry[]>
  /**
   * Deletes call trees that ended before `beforeMs` and in which every call is done, with journals and payloads; oldest
   * first, at most `treesMax` trees. Commits are served meanwhile. Resolves with the number of deleted trees.
   */
  prune(beforeMs: number, treesMax: number): Promise<number>
  close(): Promise<void>
}

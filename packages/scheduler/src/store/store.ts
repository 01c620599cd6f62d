/** A call as a store keeps it, payloads apart. The words are those of docs/understand/architecture.md. */
export interface CallRecord {
  readonly id: string
  /** Empty at the top of a tree. */
  readonly parentId: string
  /** Position among the calls its parent has made since its last restart, from 1; 0 at the top. */
  readonly ordinal: number
  /** The parent's restarts when it made this call. */
  readonly parentRestarts: number
  readonly rootId: string
  /** The parent's name for this call, unsigned 64 bits. */
  readonly correlationId: bigint
  readonly tenant: string
  readonly createdAtMs: number
  /** 0: never. */
  readonly expiresAtMs: number
  /** What follows changes over the life of a call; a tail call changes these six. */
  readonly endpoint: string
  readonly function: string
  readonly version: string
  readonly options: CallOptions
  /** Empty: no limit by key. */
  readonly concurrencyKey: string
  /** Bytes of the input. */
  readonly inputBytes: number
  /** `running` is not stored: after a restart a call that was running is due again. */
  readonly state: 'scheduled' | 'pending' | 'suspended' | 'done'
  /** When a scheduled call is due. */
  readonly dueAtMs: number
  /** Attempts of the present run that have ended. */
  readonly attempts: number
  /** How the last attempt ended: a number of `dispatch.sdk.v1.Status`; 0 before the first. */
  readonly statusCode: number
  /** Last time the call got further: its creation or its last Poll. */
  readonly progressAtMs: number
  /** Since when the endpoint says that it does not know the function; 0 when it does. */
  readonly unknownSinceMs: number
  readonly restarts: number
  /** Polls since the last restart: the length of the journal. */
  readonly polls: number
  /** Calls made since the last restart. */
  readonly children: number
  readonly wait: WaitCondition
  /** 0 until the call is done. */
  readonly finishedAtMs: number
}

/** Limits a call brings with it. 0 means none. */
export interface CallOptions {
  readonly attemptsMax: number
  readonly giveUpAfterMs: number
  readonly concurrencyMax: number
  /** 0: the scheduler's own limit. */
  readonly runMsMax: number
  /** Higher goes first. */
  readonly priority: number
  /** Runs at one time of calls with the same `concurrencyKey`. */
  readonly concurrencyKeyMax: number
}

/** What a suspended call waits for. */
export interface WaitCondition {
  readonly minResults: number
  readonly maxResults: number
  readonly wakeOnFailure: boolean
  /** Epoch milliseconds; 0: no limit. */
  readonly untilMs: number
}

/**
 * One change. `input` and `state` are encoded `google.protobuf.Any`, `result` an encoded `CallResult` without
 * ids. An absent payload leaves the stored one as it is; `null` clears it.
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
      /** What the endpoint noted; opaque. */
      readonly entry: Uint8Array
    }

/** Payloads of one call. A field is `undefined` when the store has none. */
export interface Payloads {
  readonly input: Uint8Array | undefined
  readonly state: Uint8Array | undefined
  readonly result: Uint8Array | undefined
}

/** A child that is done while its parent is not: the parent may still have to hear of it. */
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
 * Where a scheduler keeps its calls.
 *
 * What every implementation promises, checked by `test/store-contract.ts`:
 *  1. `commit` makes all writes of one batch durable, in order, or none; it resolves only when a crash of the
 *     process or the machine can no longer undo them.
 *  2. Commits take effect in the order in which they were asked for, and reads see every commit asked for before.
 *  3. An `insert` of an id that exists fails the batch; so does an `update`, or a `journal` entry, of one that does not
 *     exist, and an entry at a position that has one. Ids hold no NUL.
 *  4. `load` gives back, field by field, what was written.
 *  5. A store that another process holds open refuses to open, and says which process and what to do. A process
 *     that was killed leaves nothing behind that keeps the next one out.
 *  6. A file that is not a store, or is a store of another version, or is damaged, refuses to open, and is left
 *     as it is.
 *  7. Failures are `DispatchError`: `temporary` when trying again may help (disk full), else `permanent`.
 */
export interface Store {
  open(): Promise<void>
  /**
   * All a scheduler needs to go on after a restart. Hands every call that is not done to `take`, in the order in which
   * they were recorded, in any number of parts: there may be a million.
   *
   * Resolves with the children that are done, of parents that are not done, made since the parent's last restart, and
   * whose ordinal stands in none of the parent's journal entries; by `finishedAtMs`, and within a millisecond in the
   * order in which they were recorded.
   */
  load(take: (calls: readonly CallRecord[]) => void): Promise<FinishedChild[]>
  commit(writes: readonly Write[]): Promise<void>
  /** Payloads of the calls with these ids, in their order; `undefined` for an id that does not exist. */
  readPayloads(ids: readonly string[]): Promise<(Payloads | undefined)[]>
  /** The call with its payloads, done or not. */
  readCall(id: string): Promise<{ call: CallRecord; payloads: Payloads } | undefined>
  /** Those of `ids` that exist, and the tenants whose calls they are. */
  existing(ids: readonly string[]): Promise<Map<string, string>>
  /** The highest of the ids below `bound`, in the order of their characters; empty when there is none. */
  highestId(bound: string): Promise<string>
  /**
   * Results of children of a call, by ordinal, in the order asked for. `undefined` for a child that is not done.
   * With `bytesMax`, those of as many of the first ordinals as fit into so many bytes, and of one always.
   */
  readResults(
    parentId: string,
    parentRestarts: number,
    ordinals: readonly number[],
    bytesMax?: number,
  ): Promise<(ChildResult | undefined)[]>
  /** The journal of a call since its restart number `restarts`, in order. */
  readJournal(callId: string, restarts: number): Promise<StoredJournalEntry[]>
  /**
   * Deletes call trees that ended before `beforeMs` and in which every call is done, journals and payloads
   * with them; the oldest first, at most `treesMax` trees. Commits are taken while it is under way. Resolves with the
   * number of trees deleted.
   */
  prune(beforeMs: number, treesMax: number): Promise<number>
  close(): Promise<void>
}

import { DispatchError } from '@dispatch/protocol'
import type { CallRecord, Write } from './store.js'

/** All changes of one batch to one call. An absent payload leaves the stored one unchanged, `null` clears it. */
export interface CallChange {
  readonly isNew: boolean
  call: CallRecord
  input?: Uint8Array
  state?: Uint8Array | null
  result?: Uint8Array
}

export type JournalWrite = Extract<Write, { kind: 'journal' }>

export interface FoldedWrites {
  /** One change per call, in the order in which the batch first names them. */
  readonly calls: readonly CallChange[]
  readonly journal: readonly JournalWrite[]
}

/**
 * Merges a batch into one change per call with the same effect: a call that is recorded and done within one commit then
 * costs one row instead of two statements.
 *
 * @throws {DispatchError} `permanent` when the batch inserts a call twice or after having updated it.
 */
export function foldWrites(writes: readonly Write[]): FoldedWrites {
  const changes = new Map<string, CallChange>()
  const journal: JournalWrite[] = []
  for (const write of writes) {
    if (write.kind === 'journal') {
      journal.push(write)
      continue
    }
    const known = changes.get(write.call.id)
    if (write.kind === 'insert') {
      if (known !== undefined) throw existsError(write.call.id)
      changes.set(write.call.id, { isNew: true, call: write.call, input: write.input })
    } else if (known === undefined) {
      const { call, input, state, result } = write
      changes.set(call.id, withPayloads({ isNew: false, call }, input, state, result))
    } else {
      known.call = write.call
      withPayloads(known, write.input, write.state, write.result)
    }
  }
  return { calls: [...changes.values()], journal }
}

/** The error for inserting a call that exists. */
export function existsError(id: string): DispatchError {
  return new DispatchError('permanent', `call ${id} is already recorded; nothing of this commit was written`)
}

/** The error for changing a call that does not exist. */
export function unknownError(id: string): DispatchError {
  return new DispatchError('permanent', `call ${id} does not exist; nothing of this commit was written`)
}

/** The error for writing a journal position twice. */
export function journalExistsError(callId: string, restarts: number, position: number): DispatchError {
  return new DispatchError(
    'permanent',
    `journal entry ${position} of call ${callId} (restart ${restarts}) is recorded already; nothing of this commit was written`,
  )
}

function withPayloads(
  change: CallChange,
  input: Uint8Array | undefined,
  state: Uint8Array | null | undefined,
  result: Uint8Array | undefined,
): CallChange {
  if (input !== undefined) change.input = input
  if (state !== undefined) change.state = state
  if (result !== undefined) change.result = result
  return change
}

import {
  type Any,
  type CallResult,
  create,
  encodeAny,
  fromBinary,
  type Journal,
  type JournalEntry,
  JournalEntrySchema,
  JournalSchema,
  type ProtoWriter,
  toBinary,
  writeProto,
} from '@dispatch/protocol/messages'
import { decodeRunNotes } from './run-entry.js'
import type { RunNotes } from './steps.js'

/** Tags of the fields of a `Journal`: number and wire type 2, length-delimited. */
const INPUT_TAG = 0x0a
const ENTRIES_TAG = 0x12

/** An encoded `Journal` with an input and no entries. */
export function startJournal(input: Any): Uint8Array {
  return writeProto(writeInput, input)
}

/**
 * An encoded `Journal` with one more entry. The bytes before it are copied, not decoded.
 *
 * @param entry - From `encodeRunNotes`.
 */
export function appendToJournal(journal: Uint8Array, results: CallResult[], entry: Uint8Array): Uint8Array {
  return writeProto(writeAppended, { journal, entry: create(JournalEntrySchema, { results, entry }) })
}

function writeInput(writer: ProtoWriter, input: Any): void {
  writer.byte(INPUT_TAG)
  writer.bytes(encodeAny(input))
}

function writeAppended(
  writer: ProtoWriter,
  { journal, entry }: { journal: Uint8Array; entry: JournalEntry },
): void {
  writer.raw(journal)
  writer.byte(ENTRIES_TAG)
  writer.bytes(toBinary(JournalEntrySchema, entry))
}

/** One earlier run of a coroutine, to be repeated in a rebuild. */
export interface RecordedRun {
  readonly notes: RunNotes
  readonly results: readonly CallResult[]
}

/** A decoded journal. */
export interface Recording {
  readonly input: Any | undefined
  /** At least one. */
  readonly runs: readonly RecordedRun[]
}

/**
 * Decodes a journal, or returns a string that says why it cannot be used.
 *
 * @param runs - Number of runs that it must have recorded.
 */
export function readJournal(source: Journal | Uint8Array, runs: number): Recording | string {
  try {
    const journal = source instanceof Uint8Array ? fromBinary(JournalSchema, source) : source
    if (runs === 0) return 'the state is of run 0, but a suspended coroutine has had at least one run'
    if (journal.entries.length !== runs) {
      return `expected ${runs} entries, one for each run of the state, got ${journal.entries.length}`
    }
    return { input: journal.input, runs: journal.entries.map(readEntry) }
  } catch (error) {
    return `it cannot be decoded: ${(error as Error).message}`
  }
}

function readEntry({ results, entry }: JournalEntry): RecordedRun {
  return { notes: decodeRunNotes(entry), results }
}

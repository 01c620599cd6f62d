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
  RunEntrySchema,
  type Step,
  StepSchema,
  toBinary,
  writeProto,
} from '@dispatch/protocol/messages'
import type { RunNotes, StepNote } from './steps.js'

/** Tags of the fields of a `Journal`, which have a length. */
const INPUT_TAG = 0x0a
const ENTRIES_TAG = 0x12

/** The notes of one run, as an encoded `RunEntry`. */
export function encodeRunNotes(notes: RunNotes): Uint8Array {
  const entry = create(RunEntrySchema, {
    nowMs: BigInt(notes.nowMs),
    steps: notes.steps.map(stepOfNote),
    stepsBefore: notes.stepsBefore,
    fired: [...notes.fired],
    callsSent: notes.callsSent,
  })
  if (notes.pollError !== undefined) entry.pollError = notes.pollError
  return toBinary(RunEntrySchema, entry)
}

/** An encoded `Journal` that has an input and no entries. */
export function startJournal(input: Any): Uint8Array {
  return writeProto(writeInput, input)
}

/**
 * An encoded `Journal` with one more entry. What was encoded before is copied, not read.
 *
 * @param entry - From {@link encodeRunNotes}.
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

/** One earlier run of a coroutine, to be gone through again. */
export interface RecordedRun {
  readonly notes: RunNotes
  readonly results: readonly CallResult[]
}

/** What a journal tells of. */
export interface Recording {
  readonly input: Any | undefined
  /** At least one. */
  readonly runs: readonly RecordedRun[]
}

/**
 * Reads a journal, or says in a text why it cannot be used.
 *
 * @param runs - Number of runs that it must tell of.
 */
export function readJournal(source: Journal | Uint8Array, runs: number): Recording | string {
  try {
    const journal = source instanceof Uint8Array ? fromBinary(JournalSchema, source) : source
    if (journal.entries.length !== runs || runs === 0) {
      return `it has ${journal.entries.length} entries, the state is of run ${runs}`
    }
    return { input: journal.input, runs: journal.entries.map(recordedRunOf) }
  } catch (error) {
    return `it cannot be read: ${(error as Error).message}`
  }
}

function recordedRunOf({ results, entry: bytes }: JournalEntry): RecordedRun {
  const entry = fromBinary(RunEntrySchema, bytes)
  const notes: RunNotes = {
    nowMs: Number(entry.nowMs),
    steps: entry.steps.map(noteOfStep),
    stepsBefore: entry.stepsBefore,
    fired: entry.fired,
    callsSent: entry.callsSent,
    pollError: entry.pollError,
  }
  return { notes, results }
}

function stepOfNote(note: StepNote): Step {
  switch (note.kind) {
    case 'await':
      return create(StepSchema, { kind: { case: 'await', value: note.function } })
    case 'sleep':
      return create(StepSchema, { kind: { case: 'sleepUntilMs', value: BigInt(note.untilMs) } })
    case 'dispatch': {
      const { dispatchId, error } = note
      const dispatched = { function: note.function, dispatchId, ...(error !== undefined && { error }) }
      return create(StepSchema, { kind: { case: 'dispatched', value: dispatched } })
    }
  }
}

function noteOfStep({ kind }: Step): StepNote {
  switch (kind.case) {
    case 'await':
      return { kind: 'await', function: kind.value }
    case 'sleepUntilMs':
      return { kind: 'sleep', untilMs: Number(kind.value) }
    case 'dispatched': {
      const { function: name, dispatchId, error } = kind.value
      return { kind: 'dispatch', function: name, dispatchId, error }
    }
    case undefined:
      throw new Error('a step of a kind that this version does not know')
  }
}

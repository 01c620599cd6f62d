import {
  create,
  fromBinary,
  RunEntrySchema,
  type Step,
  StepSchema,
  toBinary,
} from '@dispatch/protocol/messages'
import type { RunNotes, StepNote } from './steps.js'

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

/** Reads what {@link encodeRunNotes} wrote. @throws {Error} When the bytes are malformed or have a step of an unknown kind. */
export function decodeRunNotes(bytes: Uint8Array): RunNotes {
  const entry = fromBinary(RunEntrySchema, bytes)
  return {
    nowMs: Number(entry.nowMs),
    steps: entry.steps.map(noteOfStep),
    stepsBefore: entry.stepsBefore,
    fired: entry.fired,
    callsSent: entry.callsSent,
    pollError: entry.pollError,
  }
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
      throw new Error('a step has a kind that this version of the SDK does not support')
  }
}

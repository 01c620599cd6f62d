import { type Call, fromWireError, toWireError } from '@dispatch/protocol/messages'
import type { DispatchNote } from './steps.js'

/** The note of a dispatch that has not been carried out. */
export function createDispatchNote({ function: name }: Call): DispatchNote {
  return { kind: 'dispatch', function: name, dispatchId: '', error: undefined }
}

/** Whether calls that were dispatched together have been carried out, with whatever result. */
export function isCarriedOut(notes: readonly DispatchNote[]): boolean {
  return notes.every(({ dispatchId, error }) => dispatchId !== '' || error !== undefined)
}

/** Submits calls, and notes their ids or the error, with which it then rejects. */
export async function dispatchAndNote(
  calls: readonly Call[],
  notes: readonly DispatchNote[],
  dispatch: (calls: Call[]) => Promise<string[]>,
): Promise<void> {
  try {
    const ids = await dispatch([...calls])
    for (const [index, note] of notes.entries()) note.dispatchId = ids[index] ?? ''
  } catch (error) {
    for (const note of notes) note.error = toWireError(error)
    throw error
  }
}

/** The ids of calls that were dispatched together. @throws The noted error. */
export function readDispatchNotes(calls: readonly Call[], notes: readonly DispatchNote[]): string[] {
  const error = notes.find((note) => note.error !== undefined)?.error
  if (error !== undefined) throw fromWireError(error, { dispatchId: calls[0]?.dispatchId ?? '' })
  return notes.map(({ dispatchId }) => dispatchId)
}

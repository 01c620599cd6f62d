import type { Any } from '@dispatch/protocol/messages'
import type { StepNote } from './steps.js'

/**
 * The steps of one coroutine: numbers them in the order in which they begin (C1), and collects the notes of those that no
 * run has recorded yet. In a rebuild it holds the recorded steps beside the ones that are begun again.
 */
export class StepLog {
  #count = 0
  /** In a rebuild only. */
  #recorded: readonly StepNote[] | undefined
  /** Steps begun since the last run ended; absent when there is none, as a suspended coroutine has none. */
  #notes: StepNote[] | undefined
  /** Inputs of calls by step, if they are kept. */
  readonly inputs: Map<number, Any | undefined> | undefined

  /** @param keepsInputs - Keep the inputs of calls, to compare them with those of a rebuilt copy. */
  constructor(keepsInputs: boolean) {
    this.inputs = keepsInputs ? new Map() : undefined
  }

  /** Number of steps begun so far, which is the number of the latest one. */
  get count(): number {
    return this.#count
  }

  /** Number of steps begun since the last run ended. */
  get notesCount(): number {
    return this.#notes?.length ?? 0
  }

  /**
   * Numbers a step. Returns its note: in a rebuild the recorded one, which may be that of a different step (C6); else the
   * one given.
   */
  begin(note: StepNote): StepNote {
    this.#count += 1
    const recorded = this.#recorded?.[this.#count - 1]
    if (recorded !== undefined) return recorded
    this.#notes ??= []
    this.#notes.push(note)
    return note
  }

  /** Keeps the input of the latest step's call, if inputs are kept. */
  keepInput(step: number, input: Any | undefined): void {
    this.inputs?.set(step, input)
  }

  /** Sets the steps to expect during a rebuild; `undefined` ends it. */
  expect(recorded: readonly StepNote[] | undefined): void {
    this.#recorded = recorded
  }

  /** Takes the notes of the steps begun since the last run ended. */
  takeNotes(): readonly StepNote[] {
    const notes = this.#notes ?? []
    this.#notes = undefined
    return notes
  }
}

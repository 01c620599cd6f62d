import type { WireError } from '@dispatch/protocol/messages'

/** A durable step of a handler, as it is noted in the journal. */
export type StepNote =
  | { readonly kind: 'await'; readonly function: string }
  | { readonly kind: 'sleep'; readonly untilMs: number }
  | DispatchNote

/** A call handed to the scheduler without waiting for it. */
export interface DispatchNote {
  readonly kind: 'dispatch'
  readonly function: string
  /** Empty until the scheduler has taken the call. */
  dispatchId: string
  /** Why the scheduler did not take it. */
  error: WireError | undefined
}

/** What one run notes about itself, so that it can be gone through again. */
export interface RunNotes {
  /** What `call.now()` gives during the run. */
  readonly nowMs: number
  /** Steps begun since the run before ended. */
  readonly steps: readonly StepNote[]
  /** How many of `steps` were begun before this run began. */
  readonly stepsBefore: number
  /** Timers that fired when the run began, by step, in order. */
  readonly fired: readonly number[]
  /** Calls that went out when the run ended. */
  readonly callsSent: number
  /** Why the calls of the run before were refused. */
  readonly pollError: WireError | undefined
}

/** What differs between a step as it was and as it is now, for people; `undefined` when it is the same. */
export function differenceOf(number: number, was: StepNote, is: StepNote): string | undefined {
  if (was.kind === is.kind && (was.kind === 'sleep' || was.function === (is as DispatchNote).function)) {
    return undefined
  }
  return `step ${number} was ${describeStep(was)}, now it is ${describeStep(is)}`
}

/** A step for people: `a call of 'charge'`. */
export function describeStep(step: StepNote): string {
  switch (step.kind) {
    case 'await':
      return `a call of '${step.function}'`
    case 'dispatch':
      return `a dispatch of '${step.function}'`
    case 'sleep':
      return 'a sleep'
  }
}

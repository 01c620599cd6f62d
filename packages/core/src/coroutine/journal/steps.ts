import type { WireError } from '@dispatch/protocol/messages'

/** A durable step of a handler, as the journal records it. */
export type StepNote =
  | { readonly kind: 'await'; readonly function: string }
  | { readonly kind: 'sleep'; readonly untilMs: number }
  | DispatchNote

/** A call that the handler dispatched without waiting for its result. */
export interface DispatchNote {
  readonly kind: 'dispatch'
  readonly function: string
  /** Empty until the scheduler has accepted the call. */
  dispatchId: string
  /** Why the scheduler did not accept it. */
  error: WireError | undefined
}

/** What is recorded of one run, so that a rebuild can repeat it. */
export interface RunNotes {
  /** What `call.now()` returns during the run. Epoch milliseconds. */
  readonly nowMs: number
  /** Steps begun since the previous run ended. */
  readonly steps: readonly StepNote[]
  /** How many of `steps` were begun before this run began. */
  readonly stepsBefore: number
  /** Timers that fired when the run began, by step, in order. */
  readonly fired: readonly number[]
  /** Number of calls sent when the run ended. */
  readonly callsSent: number
  /** Why the calls of the previous run were refused. */
  readonly pollError: WireError | undefined
}

/** Describes how a step differs from the recorded one; `undefined` when it has the same kind and function. */
export function differenceOf(step: number, recorded: StepNote, begun: StepNote): string | undefined {
  if (recorded.kind === begun.kind) {
    if (recorded.kind === 'sleep' || recorded.function === (begun as DispatchNote).function) return undefined
  }
  return `step ${step} was ${describeStep(recorded)}, now it is ${describeStep(begun)}`
}

/** Describes a step in an error message: `a call of 'charge'`. */
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

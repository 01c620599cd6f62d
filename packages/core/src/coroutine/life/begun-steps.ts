import { DispatchError } from '@dispatch/protocol'
import { describeStep, type StepNote } from '../journal/steps.js'
import type { StepPromise } from '../waits/step-promise.js'

/** Steps kept before those that cannot have been forgotten any more are removed. */
const KEPT_MAX = 64

interface BegunStep {
  readonly promise: StepPromise<unknown>
  /** The first one of a gather; 0 for one that could not begin. */
  readonly step: number
  readonly note: StepNote
  /** The turn of the event loop in which it began. */
  readonly turn: number
  /** Whether a Poll recorded it. */
  isRecorded: boolean
  /** Why it could not begin. */
  readonly cause?: unknown
}

/** A step that a handler which returned had forgotten to await. */
export interface ForgottenStep {
  readonly error: DispatchError
  /** Otherwise it is forgotten only if its rejection is not handled: it may have lost a race. */
  readonly isCertain: boolean
}

/**
 * The steps whose results a handler may have forgotten to await.
 *
 *  FA1 A step whose promise has no reaction is forgotten, and so is one that no Poll has recorded and that began in the
 *      turn in which the handler returned: such a call was never sent.
 *  FA2 A step that began in an earlier turn, or in one in which several results arrived, and that no Poll has recorded, may be
 *      in a branch that has lost a race. It is forgotten if nothing handles that it rejects.
 *  FA3 The loser of a race that a Poll has recorded is not forgotten.
 */
export class BegunSteps {
  #steps: BegunStep[] = []
  #keptMax = KEPT_MAX

  add(step: BegunStep): void {
    if (this.#steps.length >= this.#keptMax) this.#removeAwaited()
    this.#steps.push(step)
  }

  /** All steps so far are recorded. Returns whether none of them can be forgotten any more. */
  record(): boolean {
    for (const step of this.#steps) step.isRecorded = true
    this.#removeAwaited()
    return this.#steps.length === 0
  }

  /**
   * @param name - Of the function.
   * @param turn - In which the handler returned; `undefined` when several results arrived in it.
   */
  forgotten(name: string, turn: number | undefined): ForgottenStep | undefined {
    const isCertain = (step: BegunStep) => !step.promise.isAwaited || (!step.isRecorded && step.turn === turn)
    const certain = this.#steps.find(isCertain)
    const forgotten = certain ?? this.#steps.find(({ isRecorded }) => !isRecorded)
    if (forgotten === undefined) return undefined
    return { error: forgottenError(name, forgotten), isCertain: certain !== undefined }
  }

  #removeAwaited(): void {
    this.#steps = this.#steps.filter(({ promise, isRecorded }) => !promise.isAwaited || !isRecorded)
    this.#keptMax = Math.max(KEPT_MAX, this.#steps.length * 2)
  }
}

function forgottenError(name: string, { step, note, isRecorded, cause }: BegunStep): DispatchError {
  const state = isRecorded ? 'and never awaited its result' : 'which was not carried out'
  const message =
    `function '${name}' returned after it had begun ${step > 0 ? `step ${step}, ` : ''}${describeStep(note)}, ${state}. Await every step: ` +
    'with `await`, or with `Promise.all` those of a loop, since `forEach` awaits nothing. For a call whose result is not ' +
    'needed, use dispatch()'
  return new DispatchError('permanent', message, {
    name: 'ForgottenAwaitError',
    ...(cause !== undefined && { cause }),
  })
}

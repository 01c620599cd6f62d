import { clearTimeout, setTimeout } from 'node:timers'
import type { RecordedRun } from '../journal/journal.js'
import { describeStep, type StepNote } from '../journal/steps.js'
import type { Coroutine } from '../life/coroutine.js'

/**
 * Leads a new coroutine to where an earlier copy of it was suspended: runs its handler again and brings it what
 * each earlier run brought. Each is brought only when the handler stands still and has begun the steps that it
 * had begun by then. It may take its time, up to `stallMsMax`: what is not durable in it happens again.
 *
 * When the handler does something else, the coroutine's end is `incompatible`. It may also have ended by itself
 * after its last recorded step: then it has only been faster than before.
 *
 * @param start - Runs the handler.
 * @param runs - At least one.
 * @param stallMsMax - A handler that has not begun a recorded step for this long never will: its code has changed.
 */
export async function replay(
  coroutine: Coroutine,
  runs: readonly RecordedRun[],
  start: () => void,
  stallMsMax: number,
): Promise<void> {
  const recorded = runs.flatMap(({ notes }) => notes.steps)
  coroutine.expect(recorded)
  const reach = (steps: number): Promise<void> => reachSteps(coroutine, steps, recorded, stallMsMax)
  let stepsWanted = 0
  let runsLeft = runs.length
  for (const [index, { notes, results }] of runs.entries()) {
    if (index > 0) {
      await reach(stepsWanted + notes.stepsBefore)
      if (coroutine.end !== undefined) break
    }
    coroutine.deliver({ nowMs: notes.nowMs, fired: notes.fired, pollError: notes.pollError, results })
    if (index === 0) start()
    stepsWanted += notes.steps.length
    await reach(stepsWanted)
    runsLeft -= 1
    if (coroutine.end !== undefined) break
    coroutine.send({ count: notes.callsSent, bytes: Number.POSITIVE_INFINITY })
  }
  coroutine.expect(undefined)
  const hasEnded = coroutine.end?.kind === 'returned' || coroutine.end?.kind === 'threw'
  if (hasEnded && (runsLeft > 0 || coroutine.steps < recorded.length)) {
    coroutine.refuse(earlyEnd(coroutine.steps, recorded[coroutine.steps]))
  }
}

async function reachSteps(
  coroutine: Coroutine,
  steps: number,
  recorded: readonly StepNote[],
  stallMsMax: number,
): Promise<void> {
  const timer = setTimeout(() => {
    const missing = recorded[coroutine.steps]
    const what =
      missing === undefined ? 'going on' : `step ${coroutine.steps + 1}, which was ${describeStep(missing)}`
    coroutine.refuse(`the function has not begun ${what}, for ${stallMsMax} ms`)
  }, stallMsMax)
  await coroutine.standStill(steps)
  clearTimeout(timer)
}

function earlyEnd(steps: number, missing: StepNote | undefined): string {
  const before =
    missing === undefined ? 'it waited for results' : `step ${steps + 1} was ${describeStep(missing)}`
  return `the function ended after ${steps} steps, where ${before}`
}

import { clearTimeout, setTimeout } from '@dispatch/protocol/time'
import type { RecordedRun } from '../journal/journal.js'
import { describeStep, type StepNote } from '../journal/steps.js'
import type { Coroutine } from '../life/coroutine.js'

/** Longest time without a recorded step during a rebuild: I/O between two steps is done again. 60 seconds. */
export const REPLAY_STALL_MS_MAX = 60_000

/**
 * Brings a new coroutine to where an earlier copy of it was suspended: runs its handler and delivers what each recorded
 * run delivered, once the handler is idle and has begun the steps that it had begun by then. The handler may take up to
 * `stallMsMax` each time, since whatever is not durable in it happens again.
 *
 * If the handler does something else, its end is `incompatible`. It may also have returned or thrown after its last
 * recorded step: then it was only faster than before.
 *
 * @param start - Runs the handler.
 * @param runs - At least one.
 */
export async function replay(
  coroutine: Coroutine,
  runs: readonly RecordedRun[],
  start: () => void,
  stallMsMax = REPLAY_STALL_MS_MAX,
): Promise<void> {
  const recorded = runs.flatMap(({ notes }) => notes.steps)
  coroutine.rebuild(recorded)
  const reach = (steps: number): Promise<void> => reachSteps(coroutine, steps, recorded, stallMsMax)
  let stepsExpected = 0
  let runsLeft = runs.length
  for (const [index, { notes, results }] of runs.entries()) {
    if (index > 0) {
      await reach(stepsExpected + notes.stepsBefore)
      if (coroutine.end !== undefined) break
    }
    coroutine.redeliver({ nowMs: notes.nowMs, fired: notes.fired, pollError: notes.pollError, results })
    if (index === 0) start()
    stepsExpected += notes.steps.length
    await reach(stepsExpected)
    runsLeft -= 1
    if (coroutine.end !== undefined) break
    coroutine.takeUnsent({ count: notes.callsSent, bytes: Number.POSITIVE_INFINITY })
  }
  if (runsLeft > 0 || coroutine.steps < recorded.length) refuseEarlyEnd(coroutine, recorded)
}

/** Resolves when the handler has begun that many steps and is idle, or has an end; one that stalls is `incompatible`. */
async function reachSteps(
  coroutine: Coroutine,
  steps: number,
  recorded: readonly StepNote[],
  stallMsMax: number,
): Promise<void> {
  const timer = setTimeout(() => {
    const missing = recorded[coroutine.steps]
    const place =
      missing === undefined
        ? 'reach the point where it was suspended'
        : `begin step ${coroutine.steps + 1}, ${describeStep(missing)},`
    refuse(coroutine, `the function was run again and did not ${place} within ${stallMsMax} ms`)
  }, stallMsMax)
  await coroutine.untilIdle(steps)
  clearTimeout(timer)
}

/** Only a handler that ended on its own has missed its recorded steps; an end from outside has its own reason. */
function refuseEarlyEnd(coroutine: Coroutine, recorded: readonly StepNote[]): void {
  if (coroutine.end?.kind !== 'returned' && coroutine.end?.kind !== 'threw') return
  const missing = recorded[coroutine.steps]
  const before =
    missing === undefined
      ? 'it waited for results'
      : `step ${coroutine.steps + 1} was ${describeStep(missing)}`
  refuse(coroutine, `the function ended after ${coroutine.steps} steps, where ${before}`)
}

function refuse(coroutine: Coroutine, message: string): void {
  coroutine.conclude({ kind: 'incompatible', message })
}

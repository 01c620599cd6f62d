import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Dice } from './dice.js'
import { type Verdict, verdictOf } from './verdict.js'
import { type Mode, World } from './world.js'

export interface Campaign {
  readonly mode: Mode
  readonly seed: number
  readonly cycles: number
}

export interface Report extends Verdict {
  readonly deaths: ReadonlyMap<string, number>
  /** Directory of the files, kept after a failure. */
  readonly folder: string
}

/**
 * Kills the processes of one world `cycles` times and returns the verdict. The seed decides which process dies where and
 * what is requested; how far a process gets until then depends on the machine.
 *
 * @throws {Error} When a process ends in any other way than by being killed, or SQLite finds a damaged file.
 */
export async function runCampaign({ mode, seed, cycles }: Campaign): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), `dispatch-crash-${mode}-`))
  const world = await World.make(folder, mode, new Dice(seed))
  let isGood = false
  try {
    for (let cycle = 0; cycle < cycles; cycle++) await world.cycle()
    const verdict = await verdictOf(world)
    isGood = verdict.problems.length === 0
    return { ...verdict, deaths: world.deaths, folder }
  } catch (error) {
    throw new Error(`${mode}, seed ${seed}, files in ${folder}: ${error}`, { cause: error })
  } finally {
    await world.destroy()
    if (isGood) rmSync(folder, { recursive: true, force: true })
  }
}

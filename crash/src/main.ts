// Kills real processes, thousands of times: `node main.js [--cycles 1000] [--minutes M] [--seed S] [--mode embedded]`.
import { parseArgs } from 'node:util'
import { type Report, runCampaign } from './campaign.js'
import type { Mode } from './world.js'

/** Files grow, and with them the work of SQLite's check: a world ends after this many cycles. */
const CYCLES_PER_WORLD = 40

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: 'Infinity' },
    /** Seed of the first world; later worlds increment it. */
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    mode: { type: 'string' },
  },
})
const cycles = Number(values.cycles)
const untilMs = Date.now() + Number(values.minutes) * 60_000
const modes = (values.mode === undefined ? ['embedded', 'stand-alone'] : [values.mode]) as Mode[]
const deaths = new Map<string, number>()
const sums = {
  acknowledged: 0,
  unacknowledged: 0,
  recordedAllTheSame: 0,
  steps: 0,
  repeatedSteps: 0,
  problems: 0,
}
let done = 0
let seed = Number(values.seed)

while (done < cycles && Date.now() < untilMs) {
  const mode = modes[seed % modes.length] as Mode
  const campaign = { mode, seed, cycles: Math.min(CYCLES_PER_WORLD, cycles - done) }
  tell(`${mode}, seed ${seed}, ${campaign.cycles} cycles`, await runCampaign(campaign))
  done += campaign.cycles
  seed += 1
}
const where = [...deaths].sort(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${count}`)
console.log(`killed: ${where.join(', ')}`)
console.log(
  `${done} cycles; ${sums.acknowledged} calls acknowledged, ${sums.unacknowledged} not, of which ${sums.recordedAllTheSame} are recorded all the same; ${sums.steps} steps, ${sums.repeatedSteps} of them more than once; ${sums.problems} problems`,
)
process.exitCode = sums.problems > 0 || done === 0 ? 1 : 0

function tell(name: string, report: Report): void {
  for (const [place, count] of report.deaths) deaths.set(place, (deaths.get(place) ?? 0) + count)
  for (const key of [
    'acknowledged',
    'unacknowledged',
    'recordedAllTheSame',
    'steps',
    'repeatedSteps',
  ] as const)
    sums[key] += report[key]
  sums.problems += report.problems.length
  console.log(`${name}: ${report.acknowledged} acknowledged, ${report.problems.length} problems`)
  for (const problem of report.problems) console.log(`  ${problem}`)
  if (report.problems.length > 0) console.log(`  files in ${report.folder}`)
}

import { parseArgs } from 'node:util'
import { Simulation } from './simulation.js'

const { values } = parseArgs({
  options: {
    /** Replays one world and prints every transition. */
    seed: { type: 'string' },
    seeds: { type: 'string', default: '300' },
    /** First seed. Default: from the clock, so that every execution simulates new worlds. */
    from: { type: 'string' },
    hours: { type: 'string' },
    /** Stops at the first world with a violation. */
    stop: { type: 'boolean', default: false },
  },
})

if (values.seed !== undefined) {
  const report = await new Simulation(Number(values.seed), { isVerbose: true }).run()
  for (const line of report.lines) console.log(line)
  process.exit(report.violations.length > 0 ? 1 : 0)
}

const first = values.from === undefined ? Date.now() % 1_000_000_000 : Number(values.from)
const untilMs = values.hours === undefined ? undefined : Date.now() + Number(values.hours) * 3_600_000
const startedAtMs = Date.now()
let worlds = 0
let calls = 0
let crashes = 0
let failed = 0

for (
  let seed = first;
  untilMs === undefined ? worlds < Number(values.seeds) : Date.now() < untilMs;
  seed += 1
) {
  const report = await new Simulation(seed).run()
  worlds += 1
  calls += report.calls
  crashes += report.crashes
  if (report.violations.length === 0) continue
  failed += 1
  if (values.stop) {
    console.log(`first failure after ${worlds} worlds`)
    break
  }
  console.log(`npm run sim -- --seed ${seed}`)
  for (const violation of report.violations.slice(0, 5)) console.log(`  ${violation.message}`)
}

const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1)
console.log(`${worlds} worlds, ${calls} calls, ${crashes} crashes, ${failed} failed, in ${seconds} s`)
process.exit(failed > 0 ? 1 : 0)

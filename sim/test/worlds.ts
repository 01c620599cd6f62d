import type { Test } from 'tap'
import { Simulation } from '../dist/simulation.js'

/** Fresh worlds at every run. A world that goes wrong is one line to replay. */
export async function checkWorlds(t: Test, count: number): Promise<void> {
  const first = Math.floor(Math.random() * 1_000_000_000)
  let calls = 0
  for (let seed = first; seed < first + count; seed += 1) {
    const report = await new Simulation(seed).run()
    calls += report.calls
    t.strictSame(
      report.violations.map((violation) => violation.message),
      [],
      `npm run sim -- --seed ${seed}`,
    )
  }
  t.ok(calls > count, `${calls} calls`)
}

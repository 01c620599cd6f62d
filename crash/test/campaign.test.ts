import t from 'tap'
import { runCampaign } from '../dist/campaign.js'
import type { Mode } from '../dist/world.js'

/** A hundred in all. `npm run crash` runs thousands. */
const WORLDS: readonly { mode: Mode; cycles: number }[] = [
  { mode: 'embedded', cycles: 60 },
  { mode: 'stand-alone', cycles: 40 },
]

t.jobs = WORLDS.length

for (const { mode, cycles } of WORLDS) {
  t.test(
    `${mode}: killed ${cycles} times, nothing acknowledged is lost and nothing ends twice`,
    async (t) => {
      const seed = Date.now() % 1_000_000
      const report = await runCampaign({ mode, seed, cycles })
      t.strictSame(report.problems, [], `seed ${seed}`)
      t.ok(report.acknowledged >= cycles, `${report.acknowledged} calls acknowledged`)
      t.ok(
        report.deaths.size >= 8,
        `killed: ${[...report.deaths].map((death) => death.join(' ')).join(', ')}`,
      )
    },
  )
}

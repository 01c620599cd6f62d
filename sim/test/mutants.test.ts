import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const MAIN = fileURLToPath(new URL('../dist/mutants-main.js', import.meta.url))

/** A few that are found at once; CI runs all of them (`pnpm mutants`). */
const FEW = ['delivered twice', 'one attempt too many', 'effects do not wait', 'forgotten', 'cancel is lost']

t.test('the simulation can fail: deliberate bugs are found', async (t) => {
  t.plan(FEW.length)
  for (const name of FEW) {
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--seeds', '100', '--only', name])
    t.match(stdout, / 0 survived/, name)
  }
})

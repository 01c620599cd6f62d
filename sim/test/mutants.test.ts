import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const MAIN = fileURLToPath(new URL('../dist/mutants-main.js', import.meta.url))

/** A few that are found at once; CI runs all of them (`npm run mutants`). */
const FEW = ['delivered twice', 'one attempt too many', 'effects do not wait', 'forgotten', 'cancel is lost']

t.test('the simulation can fail: deliberate bugs are found', async (t) => {
  const only = FEW.flatMap((name) => ['--only', name])
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--seeds', '100', ...only])
  for (const name of FEW) t.match(stdout, new RegExp(`^after +\\d+ worlds .*${name}`, 'm'))
  t.match(stdout, / 0 not found/)
})

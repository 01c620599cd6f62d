import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { MUTANTS } from '../dist/mutants.js'

const MAIN = fileURLToPath(new URL('../dist/mutants-main.js', import.meta.url))

/** A few that are found quickly; CI runs all of them (`npm run mutants`). */
const FEW = ['delivered twice', 'one attempt too many', 'cancel is lost']

t.test('the simulation can fail: deliberate bugs are found', async (t) => {
  const only = FEW.flatMap((name) => ['--only', name])
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--seeds', '100', ...only])
  for (const name of FEW) t.match(stdout, new RegExp(`^after +\\d+ worlds .*${name}`, 'm'))
  t.match(stdout, / 0 not found/)
})

t.test('each mutant applies: its text occurs once in the build', async (t) => {
  for (const { name, file, from } of MUTANTS) {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
    t.equal(text.split(from).length - 1, 1, name)
  }
})

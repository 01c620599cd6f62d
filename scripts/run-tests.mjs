// Runs the tests of every package and example and prints the sum as the last line. A package that left no
// summary counts as a failure, so that green never means "did not run".
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const folders = ['packages', 'examples', '.'].flatMap((parent) =>
  readdirSync(parent)
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(`${folder}/.taprc`)),
)
const run = spawnSync(
  'turbo',
  ['run', 'test', '--continue', '--concurrency=1', '--output-logs=full', ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
  },
)

let passed = 0
let failed = 0
let skipped = 0
for (const folder of folders) {
  const file = `${folder}/.tap/summary.json`
  if (!existsSync(file)) {
    console.log(`${folder} produced no test summary`)
    failed += 1
    continue
  }
  const counts = JSON.parse(readFileSync(file, 'utf8'))
  passed += counts.pass
  failed += counts.fail
  skipped += counts.skip + counts.todo
}
if (run.status !== 0 && failed === 0) failed = 1
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exit(failed > 0 || passed === 0 ? 1 : 0)

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runScript } from './processes.js'

function stateFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-orders-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const QUICK = ['--once', '--port=0', '--orders=120', '--latency-ms=20', '--harshness=0.2']

t.test('--once prints a summary, exits with 0, and starts a new import the next time', async (t) => {
  const args = [...QUICK, `--state=${stateFolder(t)}`]
  for (const run of ['first', 'second']) {
    const { code, output } = await runScript('dist/main.js', args)
    t.equal(code, 0, run)
    t.match(output, /POST http:\/\/127\.0\.0\.1:\d+\/imports of 120 orders\n/)
    t.match(output, /charge +120 +\d+ +\d+–\d+ +ok 120/)
    t.match(output, /limit of charge started at 10, fell to \d+ and rose to \d+/)
    t.match(output, /recorded 120 charges and 120 receipts/)
    t.match(output, /✔ all 120 orders done, 0 charged twice, \d+\.\d s\n/)
  }
})

t.test('an unknown option and a value that is not a number are refused', async (t) => {
  const unknown = await runScript('dist/main.js', ['--twice'])
  t.equal(unknown.code, 1)
  t.match(unknown.output, /'--twice'/)
  const wrong = await runScript('dist/main.js', ['--orders', 'many'])
  t.equal(wrong.code, 1)
  t.match(wrong.output, /--orders: expected a number, got "many"/)
})

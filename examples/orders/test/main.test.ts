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

t.test('--once shows the work and its sum, exits with 0, and does it all again the next time', async (t) => {
  const args = [...QUICK, `--state=${stateFolder(t)}`]
  for (const run of ['first', 'second']) {
    const { code, output } = await runScript('dist/main.js', args)
    t.equal(code, 0, run)
    t.match(output, /POST http:\/\/127\.0\.0\.1:\d+\/imports of 120 orders\n/)
    t.match(output, /charge +120 +\d+ +\d+–\d+ +ok 120/)
    t.match(output, /limit of charge, which began at 10, fell to \d+ and rose to \d+/)
    t.match(output, /took down 120 charges and 120 receipts/)
    t.match(output, /✔ all 120 orders done, 0 charged twice, \d+\.\d s\n/)
  }
})

t.test('an option that does not exist, and one that is no number, are refused', async (t) => {
  const unknown = await runScript('dist/main.js', ['--twice'])
  t.equal(unknown.code, 1)
  t.match(unknown.output, /'--twice'/)
  const wrong = await runScript('dist/main.js', ['--orders', 'many'])
  t.equal(wrong.code, 1)
  t.match(wrong.output, /--orders: wanted a number, got "many"/)
})

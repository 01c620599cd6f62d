import t from 'tap'
import { runScript } from './processes.js'

t.test('killed 20 times with SIGKILL, every order is charged exactly once and none is missing', async (t) => {
  const { code, output } = await runScript('crash.mjs', ['--kills', '20', '--orders', '300'])
  t.match(
    output,
    /ok: exit code 0, \d+ orders charged, 0 twice, 0 missing, \d+ receipts, after 20 kills/,
    output,
  )
  t.equal(code, 0)
})

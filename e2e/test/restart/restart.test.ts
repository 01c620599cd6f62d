import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const APP = fileURLToPath(new URL('./restart-app.js', import.meta.url))

/** Where a process is killed, each with the line of the ledger that says that it has got there. */
const MOMENTS = [
  { name: 'during dispatch', line: /^acknowledged /m },
  { name: 'during a run', line: /^at running /m },
  { name: 'while a parent waits for its children', line: /^at running \S+\/\d/m },
  { name: 'during a sleep', line: /^at sleeping /m },
  { name: 'during a back-off', line: /^at backingOff /m },
  { name: 'with everything under way', line: /^at rest$/m },
] as const

/** Lives of a process in each folder before the last one, so that calls of several lives meet. */
const KILLS = 3

t.test('killed at any moment, every acknowledged call ends, and once', async (t) => {
  t.jobs = 2
  for (const moment of MOMENTS) {
    t.test(moment.name, async (t) => {
      const folder = t.testdir()
      for (let kill = 0; kill < KILLS; kill += 1) await liveUntil(t, folder, moment.line, kill * 7)
      writeFileSync(join(folder, 'released'), '')
      const last = spawn(process.execPath, [APP, folder, 'finish'], { stdio: ['ignore', 'pipe', 'inherit'] })
      t.teardown(() => last.kill('SIGKILL'))
      const [code] = await once(last, 'exit')
      t.equal(code, 0)
      const lines = ledgerOf(folder).split('\n')
      const acknowledged = lines
        .filter((line) => line.startsWith('acknowledged '))
        .map((line) => line.split(' ')[1])
      const ended = lines.filter((line) => line.startsWith('ended '))
      t.ok(acknowledged.length > 0, `${acknowledged.length} calls`)
      t.strictSame(
        ended,
        acknowledged.map((id) => `ended ${id} true true`),
      )
    })
  }
})

/** Runs the application until its ledger has a new line like this, and a little longer; then kills it. */
async function liveUntil(t: Test, folder: string, line: RegExp, moreMs: number): Promise<void> {
  const before = ledgerOf(folder).length
  const child = spawn(process.execPath, [APP, folder, 'begin'], { stdio: ['ignore', 'ignore', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const isThere = (lines: string): boolean => line.test(lines) && /^acknowledged /m.test(lines)
  while (!isThere(ledgerOf(folder).slice(before))) {
    if (child.exitCode !== null) throw new Error(`the application ended by itself with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await new Promise((resolve) => setTimeout(resolve, moreMs))
  await kill(child)
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function ledgerOf(folder: string): string {
  const path = join(folder, 'ledger')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

/** Starts all of it in a group of its own, which is killed at the end of the test. */
function startAll(t: Test, args: readonly string[]) {
  const state = mkdtempSync(`${tmpdir()}/dispatch-two-apps-`)
  const script = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  const child = spawn(process.execPath, [script, ...args], {
    detached: true,
    env: { ...process.env, TWO_APPS_STATE: state },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  t.teardown(async () => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL')
    } catch {
      // It has ended.
    }
    await ended
    rmSync(state, { recursive: true, force: true })
  })
  return {
    ended,
    async says(pattern: RegExp): Promise<string> {
      for (;;) {
        const match = pattern.exec(output)
        if (match !== null) return match[1] ?? match[0]
        await Promise.race([once(child.stdout, 'data'), ended.then(() => Promise.reject(new Error(output)))])
      }
    },
  }
}

t.test('a function of one application awaits a function of another through one scheduler', async (t) => {
  const { code, output } = await startAll(t, ['--once']).ended
  t.equal(code, 0, output)
  t.match(output, /POST http:\/\/localhost:\d+\/orders: 200\n/)
  t.match(output, /status: 'ok'/)
  t.match(output, /order: 'A-10001',\s+shipped: 2/)
  const pids = [/by: 'warehouse, process (\d+)'/, /soldBy: 'shop, process (\d+)'/].map(
    (pattern) => pattern.exec(output)?.[1],
  )
  t.equal(new Set([...pids, undefined]).size, 3, 'two processes')
})

t.test('only the scheduler can run a function, and dispatching requires a key', async (t) => {
  const all = startAll(t, [])
  const shopUrl = await all.says(/POST (http:\S+)\/orders: 200/)
  const run = await fetch(`${shopUrl}/dispatch.sdk.v1.FunctionService/Run`, {
    method: 'POST',
    headers: { 'content-type': 'application/proto' },
    body: new Uint8Array([10, 0]),
  })
  t.equal(run.status, 401, 'unsigned')
  const schedulerUrl = await all.says(/scheduler at (http:\S+)/)
  const dispatch = await fetch(`${schedulerUrl}/dispatch.sdk.v1.DispatchService/Dispatch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  t.equal(dispatch.status, 401, 'without a key')
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>
  /** Resolves with what matches in the output as soon as it is there. */
  says(pattern: RegExp): Promise<string>
}

/** Starts a script in a folder of its own, and kills it at the end of the test if it is still there. */
function start(t: Test, script: string, args: readonly string[] = []): Running {
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-hello-'))
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL(`../dist/${script}`, import.meta.url)), ...args],
    {
      cwd: folder,
      env: { ...process.env, DISPATCH_ENDPOINT_ADDR: 'localhost:0', PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    child,
    ended,
    async says(pattern) {
      for (;;) {
        const match = pattern.exec(output)
        if (match !== null) return match[1] ?? match[0]
        await Promise.race([once(child.stdout, 'data'), ended.then(() => Promise.reject(new Error(output)))])
      }
    },
  }
}

t.test('new Dispatch({ functions }).listenAndServe() serves functions, and runs them', async (t) => {
  const running = start(t, 'main.js')
  await running.says(/Hello, Ada!\nHello, Grace!\nHello, Margaret!\n/)
  const url = await running.says(/served at (http:\S+)/)
  const response = await fetch(`${url}/dispatch.sdk.v1.FunctionService/Run`)
  t.equal(response.status, 405, 'the route is there, and takes POST only')
  t.equal((await fetch(url)).status, 404)
  running.child.kill('SIGTERM')
  t.equal((await running.ended).code, 0)
})

t.test('with --once the program ends', async (t) => {
  t.match(await start(t, 'main.js', ['--once']).ended, { code: 0, output: /Hello, Margaret!/ })
})

t.test('dispatch.handler() serves functions inside an existing server', async (t) => {
  const running = start(t, 'existing-server.js')
  const url = await running.says(/curl '(\S+)\/greet/)
  t.equal(await (await fetch(`${url}/greet?name=Ada&name=Grace`)).text(), 'Hello, Ada!\nHello, Grace!\n')
  t.equal((await fetch(`${url}/dispatch.sdk.v1.FunctionService/Run`)).status, 405)
  t.equal((await fetch(`${url}/elsewhere`)).status, 404)
  running.child.kill('SIGTERM')
  t.equal((await running.ended).code, 0)
})

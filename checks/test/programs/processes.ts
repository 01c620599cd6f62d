import { type ChildProcess, type ExecFileOptions, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface, type Interface } from 'node:readline'
import type { Test } from 'tap'

/** A program that runs and does not end. */
export interface Running {
  readonly child: ChildProcess
  /** The first line that it printed. */
  readonly firstLine: string
  /** Emits `line` for those that follow. */
  readonly lines: Interface
}

/** Runs a program to its end. `output` has what it wrote to stderr too when it failed. Never rejects. */
export function execute(
  file: string,
  args: readonly string[],
  options: ExecFileOptions,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(file, args, { ...options, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({
        code: error === null ? 0 : 1,
        output: error === null ? String(stdout) : `${stdout}${stderr}`,
      }),
    )
  })
}

/** Starts a JavaScript program; resolves when it has printed a line. It is killed when the test ends. */
export async function start(
  t: Test,
  path: string,
  env: Readonly<Record<string, string>>,
  folder: string,
): Promise<Running> {
  const child = spawn(process.execPath, [path], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const lines = createInterface(child.stdout)
  const line = once(lines, 'line').then(([text]) => text as string)
  const exit = once(child, 'exit').then(() => once(child, 'close').then(() => undefined))
  const firstLine = await Promise.race([line, exit])
  if (firstLine === undefined) throw new Error(`${path} ended and printed nothing: ${errors}`)
  return { child, firstLine, lines }
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

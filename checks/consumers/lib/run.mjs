import { spawn } from 'node:child_process'

/** Longest time that one command of a row may take; a busy machine takes an install for a minute. */
const COMMAND_MS_MAX = 150_000

/** What is not to reach the programs of an application from whatever started the checks. */
const { NODE_OPTIONS: _options, NODE_ENV: _env, ...ENV } = process.env

/**
 * Runs a program to its end and resolves with what it wrote to standard output; with `all`, to standard error too.
 *
 * @throws {Error} With everything it wrote, when it fails.
 */
export function run(command, args, { cwd, env = {}, all = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...ENV, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: COMMAND_MS_MAX,
      killSignal: 'SIGKILL',
    })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => {
        output[name] += text
      })
    }
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve(all ? output.stdout + output.stderr : output.stdout)
      else
        reject(
          new Error(
            `${command} ${args.join(' ')}: ${signal ?? `exit code ${code}`}\n${output.stdout}${output.stderr}`,
          ),
        )
    })
  })
}

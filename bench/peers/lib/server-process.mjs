import { spawn } from 'node:child_process'
import { freePort } from '../../lib/work/free-port.mjs'
import { processTreeCpuMicros } from './process-cpu.mjs'

/**
 * A server that was started for a turn.
 *
 * @typedef {object} Server
 * @property {number} port - On 127.0.0.1.
 * @property {() => Promise<number>} cpuMicros - CPU time of its processes so far; NaN where the system does not report it.
 * @property {() => Promise<void>} stop - Resolves when it is gone.
 */

/** Longest start. Milliseconds; Redis and PostgreSQL need a tenth of a second, a loaded machine many times that. */
const START_MS_MAX = 60_000

/** Lines of output kept for the message of a server that does not start. */
const OUTPUT_BYTES_MAX = 4_000

/** Both servers say so, in their own spelling. */
const READY = /ready to accept connections/i

/** @type {Map<import('node:child_process').ChildProcess, { stopSignal: NodeJS.Signals, exited: Promise<unknown> }>} */
const running = new Map()

/**
 * Starts a server, in a process group of its own, so that Ctrl-C reaches this process first.
 *
 * @param {object} options
 * @param {string} options.command
 * @param {(port: number) => readonly string[]} options.args
 * @param {NodeJS.Signals} options.stopSignal - Ends it quickly, its children included.
 * @param {import('node:child_process').SpawnOptions} [options.spawnOptions]
 * @returns {Promise<Server>}
 */
export async function startServer({ command, args, stopSignal, spawnOptions = {} }) {
  const port = await freePort()
  const server = spawn(command, args(port), {
    ...spawnOptions,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const exited = new Promise((resolve) => {
    server.once('exit', resolve)
    server.once('error', resolve)
  }).then(() => running.delete(server))
  running.set(server, { stopSignal, exited })
  await ready(server, command)
  return {
    port,
    cpuMicros: async () => processTreeCpuMicros(server.pid ?? 0),
    async stop() {
      server.kill(stopSignal)
      await exited
    },
  }
}

/** Stops what is still running. Resolves when it is gone. */
export async function stopServers() {
  await Promise.all([...running].map(([server, { stopSignal, exited }]) => server.kill(stopSignal) && exited))
}

// When this process fails: nothing waits for the result, but the signals are sent.
process.on('exit', () => void stopServers())

/**
 * @param {import('node:child_process').ChildProcess} server
 * @param {string} command
 */
async function ready(server, command) {
  let output = ''
  await new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`${command} ${why}:\n${output}`))
    const timer = setTimeout(() => fail(`is not ready after ${START_MS_MAX} ms`), START_MS_MAX)
    const read = (chunk) => {
      output = (output + chunk).slice(-OUTPUT_BYTES_MAX)
      if (READY.test(output)) settle(resolve)
    }
    const settle = (then) => {
      clearTimeout(timer)
      then()
    }
    server.stdout?.on('data', read)
    server.stderr?.on('data', read)
    server.once('error', (error) => settle(() => fail(error.message)))
    server.once('exit', (code, signal) => settle(() => fail(`ended with ${signal ?? code}`)))
  })
}

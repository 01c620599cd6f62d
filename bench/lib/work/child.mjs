import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ownCpuMicros } from '../measure/meter.mjs'

/**
 * A process that works for a benchmark.
 *
 * @typedef {object} Child
 * @property {(method: string, ...args: unknown[]) => Promise<any>} ask - Calls one of the methods it serves.
 * @property {() => Promise<number>} cpuMicros - CPU time that it has used so far, with its threads.
 * @property {() => Promise<void>} stop - Lets it close what it has open. Resolves when it is gone.
 * @property {() => Promise<void>} kill - SIGKILL. Resolves when it is gone.
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const alive = new Set()

process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

/** Where the programs of such processes lie, but those of a comparison. */
const PROCESSES = new URL('../../processes/', import.meta.url)

/**
 * Starts `<name>.mjs` of a folder with Node.js and the options of Node.js that this process has, such as `--cpu-prof`.
 *
 * @param {string} name
 * @param {{ readonly execArgv?: readonly string[], readonly folder?: URL }} [options]
 * @returns {Child}
 */
export function startChild(name, { execArgv = [], folder = PROCESSES } = {}) {
  const child = fork(fileURLToPath(new URL(`${name}.mjs`, folder)), {
    execArgv: [...process.execArgv, ...execArgv],
  })
  const exited = once(child, 'exit')
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  const questions = new Map()
  let count = 0
  alive.add(child)
  child.on('message', (/** @type {any} */ { id, value, error }) => {
    const question = questions.get(id)
    questions.delete(id)
    if (error === undefined) question?.resolve(value)
    else question?.reject(new Error(`${name}: ${error}`))
  })
  child.on('exit', (code, signal) => {
    alive.delete(child)
    for (const { reject } of questions.values()) reject(new Error(`${name} ended: ${signal ?? code}`))
  })
  const ask = (method, ...args) =>
    new Promise((resolve, reject) => {
      questions.set(++count, { resolve, reject })
      child.send({ id: count, method, args })
    })
  return {
    ask,
    cpuMicros: () => ask('cpuMicros'),
    async stop() {
      child.disconnect()
      await exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/**
 * Serves the process that has started this one, and ends with it.
 *
 * @param {Record<string, (...args: any[]) => any>} methods - Called by `ask`; `close` also at the end, if there is one.
 */
export function serveParent(methods) {
  const served = { cpuMicros: ownCpuMicros, ...methods }
  process.on('disconnect', async () => {
    await methods.close?.()
    process.exit()
  })
  process.on('message', async (/** @type {any} */ { id, method, args }) => {
    try {
      process.send?.({ id, value: await served[method](...args) })
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  })
}

import { rmSync } from 'node:fs'
import { metered } from '../../lib/measure/meter.mjs'
import { probeCpu, probeSync } from '../../lib/measure/probe.mjs'
import { makeScratchFolder } from '../../lib/measure/scratch.mjs'
import { canDo } from './notes.mjs'
import { WORKLOADS } from './workloads.mjs'

/** Longest a workload may take. Milliseconds; the slowest takes a tenth of it. */
const WORKLOAD_MS_MAX = 120_000

/** Calls of the unmeasured repetition before each measured one, in which Node.js compiles what is hot. */
const WARM_UP_SHARE = 1 / 4

/** A quick run only shows that everything works. */
const QUICK_COUNT = 8

/**
 * All workloads of a contender in one round.
 *
 * @typedef {object} Turn
 * @property {string} contender
 * @property {number} cpuMs - Time of a fixed piece of work, just before.
 * @property {number} syncMs - Median time of an fdatasync, just before.
 * @property {number} othersCores - Cores that everything else used, at most.
 * @property {Record<string, readonly number[]>} values - Of each metric, by workload.
 */

/**
 * Opens a contender over an empty server, lets it do every workload that it can, and closes all of it, so that nothing of it
 * disturbs the next.
 *
 * @param {import('./contenders.mjs').Contender} contender
 * @param {ReturnType<typeof import('./servers.mjs').createServers>['start']} start - Starts a server.
 * @param {{ readonly isQuick: boolean }} options
 * @returns {Promise<Turn>}
 */
export async function takeTurn(contender, start, { isQuick }) {
  const probes = { cpuMs: probeCpu(), syncMs: await probeSync() }
  const folder = makeScratchFolder()
  const server = await start(contender.server, contender.setting, folder)
  const servers = server === undefined ? [] : [server]
  /** @type {Turn} */
  const turn = { contender: contender.name, ...probes, othersCores: 0, values: {} }
  const opened = await contender.open(/** @type {any} */ (server), folder)
  for (const workload of WORKLOADS.filter(({ id }) => canDo(contender.name, id))) {
    const count = isQuick ? QUICK_COUNT : workload.count
    if (!isQuick) await measure(opened, servers, workload.name, Math.ceil(count * WARM_UP_SHARE))
    const measured = await measure(opened, servers, workload.name, count)
    turn.values[workload.id] = workload.values(measured)
    turn.othersCores = Math.max(turn.othersCores, measured.othersCores)
  }
  await opened.close()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  return turn
}

/** What a workload took, once. */
async function measure({ client, processes }, servers, name, count) {
  await client.ask('prepare', name, count)
  let answer
  const reading = await metered(async () => {
    answer = await within(WORKLOAD_MS_MAX, client.ask('run', name, count))
  }, [...processes, ...servers])
  await client.ask('finish', name)
  const ms = typeof answer === 'number' ? answer : reading.ms
  return { ...reading, ms, count, times: Array.isArray(answer) ? answer : [] }
}

async function within(msMax, promise) {
  let timer
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${msMax} ms`)), msMax)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

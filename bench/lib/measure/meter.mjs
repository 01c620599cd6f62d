import { cpus } from 'node:os'

/**
 * What a stretch of time has cost.
 *
 * @typedef {object} Reading
 * @property {number} ms - Time that passed.
 * @property {number} cpuMicros - CPU time, user and system, of this process with its threads and of the children named.
 * @property {number} othersCores - Cores that everything else on the machine used.
 */

/** @type {Reading[]} */
let readings = []

/** The readings since the last time this was called. */
export function takeMeterReadings() {
  const taken = readings
  readings = []
  return taken
}

/**
 * Carries out `work` and says what it cost.
 *
 * @param {() => Promise<unknown>} work
 * @param {readonly { cpuMicros(): Promise<number> }[]} [children] - Processes that work for it. They must live until then.
 * @returns {Promise<Reading>}
 */
export async function metered(work, children = []) {
  const ownBefore = await cpuMicrosOf(children)
  const machineBefore = machineCpuMs()
  const startedMs = performance.now()
  await work()
  const ms = performance.now() - startedMs
  const machineMs = machineCpuMs() - machineBefore
  const cpuMicros = (await cpuMicrosOf(children)) - ownBefore
  const reading = { ms, cpuMicros, othersCores: Math.max(0, (machineMs - cpuMicros / 1000) / ms) }
  readings.push(reading)
  return reading
}

async function cpuMicrosOf(children) {
  const theirs = await Promise.all(children.map((child) => child.cpuMicros()))
  return theirs.reduce((sum, micros) => sum + micros, ownCpuMicros())
}

/** CPU time of this process with its threads, in microseconds. */
export function ownCpuMicros() {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Busy time of all cores, in milliseconds. */
function machineCpuMs() {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
}

import { readdirSync, readFileSync } from 'node:fs'

/** Microseconds of a clock tick in /proc: USER_HZ is 100 on every architecture that Node.js runs on; see proc(5). */
const TICK_MICROS = 10_000

/**
 * CPU time that a process has used so far, with its threads and its children, the ended ones too. Microseconds, in steps of
 * 10 ms a process. NaN where there is no /proc.
 *
 * @param {number} pid
 */
export function processTreeCpuMicros(pid) {
  if (process.platform !== 'linux') return Number.NaN
  const all = readProcesses()
  return ticksOf(pid, all) * TICK_MICROS
}

/**
 * Parses a line of /proc/<pid>/stat; `undefined` when it is malformed.
 *
 * @param {string} line
 */
export function parseStat(line) {
  // The name stands in parentheses and may contain blanks and parentheses itself.
  const [, pid, rest] = /^(\d+) \(.*\) (.+)$/s.exec(line) ?? []
  if (rest === undefined) return undefined
  const fields = rest.split(' ')
  const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map(Number)
  return {
    pid: Number(pid),
    parent: Number(fields[1]),
    ticks: user + system,
    endedChildrenTicks: childrenUser + childrenSystem,
  }
}

function readProcesses() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return parseStat(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? []
      } catch {
        // It has ended meanwhile.
        return []
      }
    })
}

/**
 * @param {number} pid
 * @param {ReturnType<typeof readProcesses>} all
 * @returns {number}
 */
function ticksOf(pid, all) {
  const own = all.find((each) => each.pid === pid)
  if (own === undefined) return 0
  const children = all.filter((each) => each.parent === pid)
  return children.reduce((sum, child) => sum + ticksOf(child.pid, all), own.ticks + own.endedChildrenTicks)
}

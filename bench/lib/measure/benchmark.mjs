import { rmSync } from 'node:fs'
import { parseArguments, scaled } from './arguments.mjs'
import { describeMachine } from './machine.mjs'
import { takeMeterReadings } from './meter.mjs'
import { probeCpu, probeSync, TARGETS_PROBE_MS } from './probe.mjs'
import { printRow } from './report.mjs'
import { makeScratchFolder, removeScratch } from './scratch.mjs'
import { median, summaryOf } from './stats.mjs'
import { describeVersions } from './versions.mjs'

/** Fewer say nothing about the spread. */
const RUNS_DEFAULT = 3

/**
 * What is measured of a workload. One of `atMost` and `atLeast` is the target, `stretch` a better one; without them the
 * value is shown and not judged.
 *
 * @typedef {object} Metric
 * @property {string} name
 * @property {string} unit
 * @property {number} [atMost]
 * @property {number} [atLeast]
 * @property {number} [stretch]
 */

/**
 * What a repetition is given.
 *
 * @typedef {object} Repetition
 * @property {(count: number) => number} count - How many calls to make where a full repetition makes `count`.
 * @property {() => string} folder - Makes an empty folder on the disk of this repository. Removed after the repetition.
 * @property {boolean} isQuick
 * @property {boolean} isLong
 */

/**
 * @typedef {object} Benchmark
 * @property {string} id - `P1`, …
 * @property {string} title - The workload, in a few words.
 * @property {string} how - How it is measured, in a sentence or two.
 * @property {number} [runs] - Repetitions; default 3.
 * @property {boolean} [warmUp] - Whether one more, unmeasured, comes first; default true.
 * @property {Record<string, Metric>} metrics
 * @property {(repetition: Repetition) => Promise<Record<string, number>>} measure - Resolves with a value of each metric.
 */

/**
 * `adjusted`: of a CPU time, what it would be if the CPU had been as fast as when the targets were set, by the probes before
 * and after each repetition. An estimate.
 *
 * @typedef {Metric & { median: number, min: number, max: number, runs: number, adjusted?: number, verdict: string }} Result
 */

/** All values in this unit are CPU times. */
const CPU_UNIT = 'µs'

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {string} title
 * @property {string} how
 * @property {Result[]} results
 * @property {number} cpuMs - Time of a fixed piece of work, just before.
 * @property {number} syncMs - Median time of an fdatasync, just before.
 * @property {ReturnType<typeof summaryOf> | undefined} othersCores - Cores that other processes used meanwhile.
 * @property {number} seconds
 * @property {string[]} flags
 */

/**
 * Measures a workload and prints its row; hands it to `run.mjs`, if that has started this process.
 *
 * @param {Benchmark} benchmark
 */
export async function benchmark(benchmark) {
  const args = parseArguments()
  const isAlone = process.send === undefined
  if (isAlone) for (const line of [...describeMachine(), ...describeVersions()]) console.log(line)
  const startedMs = performance.now()
  const probes = { cpuMs: probeCpu(), syncMs: await probeSync() }
  const runs = args.isQuick ? 1 : (args.runs ?? benchmark.runs ?? RUNS_DEFAULT)
  if (!args.isQuick && benchmark.warmUp !== false) await repeat(benchmark, args, true)
  takeMeterReadings()
  /** @type {Record<string, number>[]} */
  const samples = []
  const probesMs = [probeCpu()]
  for (let run = 0; run < runs; run++) {
    samples.push(await repeat(benchmark, args, false))
    probesMs.push(probeCpu())
  }
  const slowness = samples.map((_, run) => (probesMs[run] + probesMs[run + 1]) / 2 / TARGETS_PROBE_MS)
  const others = takeMeterReadings().map(({ othersCores }) => othersCores)
  /** @type {Row} */
  const row = {
    id: benchmark.id,
    title: benchmark.title,
    how: benchmark.how,
    results: Object.entries(benchmark.metrics).map(([key, metric]) =>
      resultOf(metric, samples, key, { ...args, slowness }),
    ),
    ...probes,
    othersCores: others.length === 0 ? undefined : summaryOf(others),
    seconds: (performance.now() - startedMs) / 1000,
    flags: args.flags,
  }
  removeScratch()
  printRow(row)
  // The channel would keep this process alive.
  process.send?.(row, () => process.disconnect())
}

/**
 * @param {Benchmark} benchmark
 * @param {ReturnType<typeof parseArguments>} args
 * @param {boolean} isWarmUp
 */
async function repeat({ measure }, { isQuick, isLong }, isWarmUp) {
  /** @type {string[]} */
  const folders = []
  try {
    return await measure({
      count: (count) => scaled(count, { isQuick, isWarmUp }),
      folder: () => {
        const folder = makeScratchFolder()
        folders.push(folder)
        return folder
      },
      isQuick,
      isLong,
    })
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @param {Metric} metric
 * @param {readonly Record<string, number>[]} samples
 * @param {string} key
 * @param {{ readonly isQuick: boolean, readonly slowness: readonly number[] }} args
 * @returns {Result}
 */
function resultOf(metric, samples, key, { isQuick, slowness }) {
  const values = samples.map((sample) => sample[key])
  if (!values.every(Number.isFinite))
    throw new TypeError(`${key}: expected numbers, got ${values.join(', ')}`)
  const summary = summaryOf(values)
  const verdict = isQuick ? '' : verdictOf(metric, summary.median)
  const adjusted =
    metric.unit === CPU_UNIT ? median(values.map((value, run) => value / slowness[run])) : undefined
  return { ...metric, ...summary, adjusted, verdict }
}

/**
 * @param {Metric} metric
 * @param {number} value
 */
function verdictOf({ atMost, atLeast, stretch }, value) {
  const isWithin = (limit) => (atMost === undefined ? value >= limit : value <= limit)
  const target = atMost ?? atLeast
  if (target === undefined) return ''
  if (stretch !== undefined && isWithin(stretch)) return 'stretch'
  return isWithin(target) ? 'met' : 'missed'
}

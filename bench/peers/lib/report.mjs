import { formatNumber } from '../../lib/measure/report.mjs'
import { summaryOf } from '../../lib/measure/stats.mjs'
import { NOTES, OTHERS_LACK, OURS_LACKS, SETTINGS } from './notes.mjs'
import { WORKLOADS } from './workloads.mjs'

/** @typedef {import('./turn.mjs').Turn} Turn */

/**
 * The figures of a workload: a line for each contender, its name, a cell for each metric, and what it does not do.
 *
 * @param {import('./workloads.mjs').Workload} workload
 * @param {readonly string[]} contenders - Names, in the order of the lines.
 * @param {readonly Turn[]} turns
 */
export function linesOf({ id, metrics }, contenders, turns) {
  return contenders.map((name) => {
    const samples = turns
      .filter((turn) => turn.contender === name)
      .flatMap(({ values }) => [values[id] ?? []])
    const { notes, none } = NOTES[name]
    const cells = metrics.map(({ unit }, metric) =>
      cellOf(
        samples.map((values) => values[metric]),
        unit,
      ),
    )
    return [name, ...(id in notes ? cells : metrics.map(() => '–')), notes[id] ?? none[id]]
  })
}

/** Median, and least and most. */
function cellOf(values, unit) {
  if (values.length === 0 || !values.every((value) => value !== undefined)) return 'failed'
  if (!values.every(Number.isFinite)) return 'not measured'
  const { median, min, max } = summaryOf(values)
  return `${formatNumber(median)} (${formatNumber(min)}..${formatNumber(max)}) ${unit}`
}

/**
 * @param {readonly string[]} contenders
 * @param {readonly Turn[]} turns
 */
export function printTables(contenders, turns) {
  for (const workload of WORKLOADS) {
    console.log(`\n${workload.id}  ${workload.title}`)
    const lines = linesOf(workload, contenders, turns)
    const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
    for (const line of lines) {
      const note = line.at(-1)
      console.log(
        `    ${line
          .slice(0, -1)
          .map((cell, column) => cell.padEnd(widths[column]))
          .join('  ')}`,
      )
      console.log(`        ${note}`)
    }
  }
}

/**
 * RESULTS.md.
 *
 * @param {object} run
 * @param {readonly string[]} run.contenders
 * @param {readonly Turn[]} run.turns
 * @param {readonly string[]} run.facts
 * @param {readonly string[]} run.skipped
 * @param {string} run.command
 * @param {Date} run.date
 */
export function peersDocument({ contenders, turns, facts, skipped, command, date }) {
  return [
    '# Dispatch compared with BullMQ, pg-boss and DBOS',
    '',
    `Written by \`${command}\` on ${date.toISOString().slice(0, 10)}; do not edit. One machine, one run, in turns: each cell is the median (least..most) of ${turns.length / contenders.length} turns of a contender, which never run concurrently. CPU is user and system time of every process that takes part, Redis and PostgreSQL included.`,
    '',
    ...facts.map((fact) => `- ${fact}`),
    `- ${circumstancesOf(turns)}`,
    ...skipped.map((line) => `- **skipped:** ${line}`),
    '',
    'The figures compare unlike things: read the last column.',
    ...WORKLOADS.flatMap((workload) => tableOf(workload, contenders, turns)),
    ...listOf('How each is used', SETTINGS),
    ...listOf('What Dispatch does not do, and others do', OURS_LACKS),
    ...listOf('What others do not do, and Dispatch does', OTHERS_LACK),
    '',
  ].join('\n')
}

function tableOf(workload, contenders, turns) {
  const row = (cells) => `| ${cells.join(' | ')} |`
  const heads = ['', ...workload.metrics.map(({ name }) => name), 'what it does not do here']
  return [
    '',
    `## ${workload.id}: ${workload.title}`,
    '',
    row(heads),
    row(heads.map(() => '---')),
    ...linesOf(workload, contenders, turns).map(row),
  ]
}

function listOf(title, lines) {
  return ['', `## ${title}`, '', ...lines.map((line) => `- ${line}`)]
}

/** @param {readonly Turn[]} turns */
function circumstancesOf(turns) {
  const range = (values, digits) => {
    const { median, min, max } = summaryOf(values)
    return `${median.toFixed(digits)} (${min.toFixed(digits)}..${max.toFixed(digits)})`
  }
  const cpu = range(
    turns.map(({ cpuMs }) => cpuMs),
    1,
  )
  const sync = range(
    turns.map(({ syncMs }) => syncMs),
    2,
  )
  const others = Math.max(...turns.map(({ othersCores }) => othersCores)).toFixed(1)
  return `before each turn: CPU probe ${cpu} ms, fdatasync ${sync} ms; all else on the machine used at most ${others} cores during a measurement`
}

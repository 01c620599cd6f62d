/** @typedef {import('./benchmark.mjs').Row} Row */
/** @typedef {import('./benchmark.mjs').Result} Result */

/**
 * Prints a row, as it is measured.
 *
 * @param {Row} row
 */
export function printRow(row) {
  console.log(`\n${row.id}  ${row.title}`)
  const cells = row.results.map((result) => [
    result.name,
    measuredOf(result),
    adjustedOf(result, ' at full speed'),
    targetOf(result),
    result.verdict,
  ])
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((line) => line[column].length)))
  for (const line of cells) {
    console.log(`    ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
  }
  console.log(`    (${circumstancesOf(row)})`)
}

/**
 * RESULTS.md.
 *
 * @param {readonly Row[]} rows
 * @param {{ readonly command: string, readonly facts: readonly string[], readonly date: Date }} circumstances
 */
export function resultsDocument(rows, { command, facts, date }) {
  return [
    '# Results of the benchmarks',
    '',
    `Written by \`${command}\` on ${date.toISOString().slice(0, 10)}; do not edit. [README.md](README.md) says how to read it.`,
    '',
    ...facts.map((fact) => `- ${fact}`),
    '',
    '| | workload | measured: median (min..max) | at full speed | target | stretch | verdict |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows.flatMap(({ id, title, results }) =>
      results.map((result, index) =>
        [
          '',
          index === 0 ? id : '',
          `${index === 0 ? `${title}: ` : ''}${result.name}`,
          measuredOf(result),
          adjustedOf(result),
          targetOf(result),
          limitOf(result, result.stretch),
          result.verdict,
          '',
        ]
          .join(' | ')
          .trim(),
      ),
    ),
    '',
    '## How',
    '',
    ...rows.flatMap((row) => [`- **${row.id}** ${row.how} (${circumstancesOf(row)})`]),
    '',
  ].join('\n')
}

/** @param {Row} row */
function circumstancesOf({ results, cpuMs, syncMs, othersCores, seconds, flags }) {
  const others = othersCores && `${othersCores.median.toFixed(1)} (at most ${othersCores.max.toFixed(1)})`
  return [
    `${results[0].runs} runs`,
    `CPU probe ${cpuMs.toFixed(1)} ms`,
    `fdatasync ${syncMs.toFixed(2)} ms`,
    ...(others === undefined ? [] : [`others used ${others} cores`]),
    `${seconds.toFixed(0)} s in all`,
    ...flags,
  ].join(', ')
}

/** @param {Result} result */
function measuredOf({ median, min, max, unit }) {
  return `${formatNumber(median)} (${formatNumber(min)}..${formatNumber(max)}) ${unit}`.trim()
}

/** @param {Result} result */
function adjustedOf({ adjusted, unit }, suffix = '') {
  return adjusted === undefined ? '' : `≈ ${formatNumber(adjusted)} ${unit}${suffix}`
}

/** @param {Result} result */
function targetOf(result) {
  return limitOf(result, result.atMost ?? result.atLeast)
}

/**
 * @param {Result} result
 * @param {number | undefined} limit
 */
function limitOf({ atMost, unit }, limit) {
  if (limit === undefined) return ''
  return `${atMost === undefined ? '≥' : '≤'} ${formatNumber(limit)} ${unit}`.trim()
}

/** Three digits that mean something. */
export function formatNumber(value) {
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.min(digits, 3) })
}

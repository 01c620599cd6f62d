// Runs the benchmarks one after the other, each in a process of its own, and writes RESULTS.md.
//
//   node bench/run.mjs                 all of them; writes RESULTS.md
//   node bench/run.mjs p3 p7           some of them; writes nothing
//   --long                             with what takes minutes: a million pending calls
//   --quick                            tiny counts: shows that they work, measures nothing, writes nothing
//   --runs=7                           repetitions of each
import { fork } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArguments } from './lib/measure/arguments.mjs'
import { describeMachine } from './lib/measure/machine.mjs'
import { resultsDocument } from './lib/measure/report.mjs'
import { describeVersions } from './lib/measure/versions.mjs'

const ROWS = fileURLToPath(new URL('./rows/', import.meta.url))

const { names, flags, isQuick } = parseArguments()
const files = chosen(benchmarkFiles(), names)
const facts = [...describeMachine(), ...describeVersions()]
for (const fact of facts) console.log(fact)

const startedMs = performance.now()
const rows = []
const failed = []
for (const file of files) {
  const row = await rowOf(file)
  if (row === undefined) failed.push(file)
  else rows.push(row)
}
console.log(`\n${rows.length} rows in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`)
if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`)
else if (names.length === 0 && !isQuick) writeResults()
process.exitCode = failed.length > 0 ? 1 : 0

/** `throughput/p1-dispatch.mjs`, `throughput/p2-…`, in the order of their numbers. */
function benchmarkFiles() {
  const numberOf = (file) => Number(/^p(\d+)-/.exec(basename(file))?.[1])
  return readdirSync(ROWS, { recursive: true })
    .filter((file) => numberOf(file) > 0)
    .sort((a, b) => numberOf(a) - numberOf(b))
}

function chosen(all, wanted) {
  if (wanted.length === 0) return all
  return wanted.map((name) => {
    const file = all.find((candidate) => basename(candidate).startsWith(`${name.toLowerCase()}-`))
    if (file === undefined)
      throw new TypeError(
        `${name}: expected one of ${all.map((path) => basename(path)).join(', ')}, by its number`,
      )
    return file
  })
}

/** The row of a benchmark; `undefined` when it has failed. */
async function rowOf(file) {
  const child = fork(join(ROWS, file), flags)
  let row
  child.on('message', (message) => {
    row = message
  })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  return code === 0 ? row : undefined
}

function writeResults() {
  const command = ['node bench/run.mjs', ...flags].join(' ')
  const text = resultsDocument(rows, { command, facts, date: new Date() })
  writeFileSync(new URL('RESULTS.md', import.meta.url), text)
  console.log('bench/RESULTS.md is written')
}

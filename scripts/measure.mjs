// Prints the sizes of files and functions beside what we aim at: a mirror, not a gate.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const AIMS = { fileLinesMedian: 120, fileLinesMax: 400, functionLinesP90: 30, functionLinesMax: 70 }

const files = readdirSync('packages').flatMap((name) => sourcesOf(join('packages', name, 'src')))
const sized = files.map((path) => ({ path, lines: readFileSync(path, 'utf8').split('\n').length - 1 }))
sized.sort((a, b) => a.lines - b.lines)
const functions = files.flatMap(functionsOf).sort((a, b) => a.lines - b.lines)

console.log(`${sized.length} files, median ${at(sized, 0.5).lines} lines (aim ${AIMS.fileLinesMedian})`)
for (const { path, lines } of sized.slice(-5).reverse()) {
  console.log(`  ${String(lines).padStart(4)} ${path}${lines > AIMS.fileLinesMax ? '  above the aim' : ''}`)
}
console.log(
  `${functions.length} functions, p90 ${at(functions, 0.9).lines} lines (aim ${AIMS.functionLinesP90})`,
)
for (const { path, name, lines } of functions.slice(-5).reverse()) {
  console.log(
    `  ${String(lines).padStart(4)} ${name} in ${path}${lines > AIMS.functionLinesMax ? '  above the aim' : ''}`,
  )
}

function at(list, share) {
  return list[Math.min(list.length - 1, Math.floor(list.length * share))]
}

function sourcesOf(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return entry.name === 'gen' ? [] : sourcesOf(join(folder, entry.name))
    return entry.name.endsWith('.ts') ? [join(folder, entry.name)] : []
  })
}

/** Functions and methods as the formatter lays them out: from a head that ends in `{` to the `}` at its depth. */
function functionsOf(path) {
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.flatMap((line, index) => {
    const head =
      /^(\s*)(?:export )?(?:async )?(?:function (\w+)|(?:static |async |get )*(#?\w+))\b.*\{$/.exec(line)
    if (
      head === null ||
      /^\s*(if|for|while|switch|catch|else|return|try|do|const|let|import|this|(?:export )?(?:class|interface|type|const))\b/.test(
        line,
      )
    )
      return []
    const end = lines.findIndex(
      (other, at) => at > index && (other === `${head[1]}}` || other === `${head[1]}},`),
    )
    return end < 0 ? [] : [{ path, name: head[2] ?? head[3], lines: end - index + 1 }]
  })
}

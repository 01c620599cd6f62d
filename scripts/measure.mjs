// Prints the sizes of files and functions and the import graph of each package, beside the aims of the project. It never
// fails; checks/test/structure/imports.test.ts fails when folders import each other in a ring.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  arrowsOf,
  entryGraph,
  fileImportsIn,
  filesIn,
  floorsOf,
  foldersOf,
  functionsOf,
  parseSource,
  ringsOf,
  sourceFilesIn,
} from './sources/index.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const AIMS = {
  fileLinesMedian: 120,
  fileLinesMax: 400,
  functionLinesP90: 30,
  functionLinesMax: 70,
  entriesMax: 15,
}
/** Number of the largest files and functions that are listed. */
const NAMED = 5

process.chdir(ROOT)
const packages = readdirSync('packages').filter((name) => existsSources(name))
const files = packages
  .flatMap((name) => sourceFilesIn(join('packages', name, 'src')))
  .filter((path) => !path.split(/[\\/]/).includes('gen'))

printSizes(
  'files',
  files.map((path) => ({ name: path, lines: readFileSync(path, 'utf8').split('\n').length - 1 })),
  { median: AIMS.fileLinesMedian, max: AIMS.fileLinesMax },
)
printSizes(
  'functions',
  files.flatMap((path) =>
    functionsOf(parseSource(path)).map(({ name, line, lines }) => ({
      name: `${name}  ${path}:${line}`,
      lines,
    })),
  ),
  { p90: AIMS.functionLinesP90, max: AIMS.functionLinesMax },
)
printFolders()
console.log('\nImport graphs, imports of types included: entries / floors / arrows')
const rings = packages.map(printGraphs).reduce((sum, count) => sum + count, 0)
console.log(`\n${rings} rings${rings === 0 ? ': every import leads to a floor below' : ''}`)

function existsSources(name) {
  return readdirSync(join('packages', name)).includes('src')
}

function printSizes(what, sized, aims) {
  const sorted = sized.toSorted((a, b) => a.lines - b.lines)
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].lines
  const figures = { median: at(0.5), p90: at(0.9), max: at(1) }
  const shown = Object.entries(figures).map(([name, lines]) => {
    const aim = aims[name] === undefined ? '' : ` (aim ${aims[name]})`
    return `${name} ${lines}${aim}`
  })
  console.log(`${sorted.length} ${what}, lines: ${shown.join(', ')}`)
  const above = sorted.filter(({ lines }) => lines > aims.max).length
  for (const { name, lines } of sorted.slice(-Math.max(NAMED, above)).reverse()) {
    console.log(`  ${String(lines).padStart(4)} ${name}${lines > aims.max ? '  above the aim' : ''}`)
  }
}

/** Folders of the repository with more entries than the aim. */
function printFolders() {
  const { stdout } = spawnSync('git', ['ls-files'], { encoding: 'utf8' })
  const entries = new Map()
  for (const path of stdout.trim().split('\n')) {
    const names = path.split('/')
    for (const [index, name] of names.entries()) {
      const folder = names.slice(0, index).join('/')
      entries.set(folder, (entries.get(folder) ?? new Set()).add(name))
    }
  }
  const crowded = [...entries].filter(([, names]) => names.size > AIMS.entriesMax)
  console.log(`${entries.size} folders, ${crowded.length} with more than ${AIMS.entriesMax} entries`)
  for (const [folder, names] of crowded.sort(([, a], [, b]) => b.size - a.size)) {
    console.log(`  ${String(names.size).padStart(4)} ${folder || 'the repository itself'}`)
  }
}

/** The graph of a package with the entries of each floor, top first, and the figures of each folder in it. Returns its rings. */
function printGraphs(name) {
  const folder = join('packages', name, 'src')
  const paths = filesIn(folder)
  const imports = fileImportsIn(folder)
  let rings = 0
  for (const inside of foldersOf(paths)) {
    const graph = entryGraph(paths, imports, inside)
    if (inside !== '' && graph.size < 2) continue
    const floors = floorsOf(graph)
    const figures = `${graph.size}/${floors.length}/${arrowsOf(graph).length}`
    if (inside === '') {
      console.log(`\n${name}  ${figures}`)
      for (const nodes of floors.toReversed()) console.log(`  ${nodes.join('  ')}`)
    } else console.log(`    ${inside}  ${figures}`)
    for (const nodes of ringsOf(graph)) {
      rings += 1
      console.log(`    RING ${nodes.join(' ⇄ ')}`)
    }
  }
  return rings
}

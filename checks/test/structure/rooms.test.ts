import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileImportsIn } from '@dispatch/sources'
import t from 'tap'
import { ROOMS } from './rooms.js'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')

const PACKAGES = readdirSync(join(ROOT, 'packages'))

/** More entries than this cannot be taken in at a glance. */
const ENTRIES_MAX = 15

t.test('every package has a table of its folders', async (t) => {
  t.strictSame(PACKAGES.slice().sort(), Object.keys(ROOMS).sort())
})

for (const name of PACKAGES) {
  const rooms = ROOMS[name] ?? {}

  t.test(`${name}: a folder imports the folders that its row names, and no others`, async (t) => {
    const { '.': _, ...found } = importedFolders(join(ROOT, 'packages', name, 'src'))
    // A folder that imports nothing needs no row, but may have one.
    const used = Object.fromEntries(Object.entries(rooms).filter(([, targets]) => targets.length > 0))
    t.strictSame(found, sorted(used), 'checks/test/structure/rooms.ts has the rows')
  })

  t.test(`${name}: a row names only rows above it`, async (t) => {
    const order = Object.keys(rooms)
    const wrong = Object.entries(rooms).flatMap(([folder, targets]) =>
      targets
        .filter((target) => !order.slice(0, order.indexOf(folder)).includes(target))
        .map((target) => `${folder} names ${target}`),
    )
    t.strictSame(wrong, [])
  })
}

t.test(`no folder has more than ${ENTRIES_MAX} entries, except for the root`, async (t) => {
  const paths = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n')
  t.ok(paths.length > 500, 'the files were found')
  const entries = new Map<string, Set<string>>()
  for (const path of paths) {
    const parts = path.split('/')
    // Most tools of the workspace require their files in the root, so depth 0 is left out.
    for (let depth = 1; depth < parts.length; depth += 1) {
      const folder = parts.slice(0, depth).join('/')
      entries.set(folder, (entries.get(folder) ?? new Set()).add(parts[depth] as string))
    }
  }
  const crowded = [...entries].filter(([, names]) => names.size > ENTRIES_MAX)
  t.strictSame(
    crowded.map(([folder, names]) => `${folder}: ${names.size}`),
    [],
  )
})

t.test('no files import each other in a ring, types included', async (t) => {
  const output = execFileSync(process.execPath, ['scripts/measure.mjs'], { cwd: ROOT, encoding: 'utf8' })
  t.strictSame(output.match(/RING .*/g), null)
  t.match(output, /\n0 rings/)
})

/** For each folder that imports others of its package: which ones, types included. */
function importedFolders(root: string): Record<string, string[]> {
  const folders: Record<string, Set<string>> = {}
  for (const { from, to } of fileImportsIn(root)) {
    const [source, target] = [dirname(from), dirname(to)]
    if (source === target) continue
    folders[source] ??= new Set()
    folders[source].add(target)
  }
  return sorted(folders)
}

function sorted(folders: Readonly<Record<string, Iterable<string>>>): Record<string, string[]> {
  const rows = Object.entries(folders).map(([folder, targets]) => [folder, [...targets].sort()] as const)
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)))
}

import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BENCH = fileURLToPath(new URL('../..', import.meta.url))

/** Node.js and the packages that the numbers depend on, in one line. */
export function describeVersions() {
  const scheduler = folderOf('@dispatch/scheduler')
  const packages = [
    ['@dispatch/core', BENCH],
    ['undici', scheduler],
    ['fastify', BENCH],
    ['express', BENCH],
  ]
  const versions = packages.map(([name, from]) => `${name} ${manifestOf(name, from).version}`)
  return [`versions: Node.js ${process.versions.node}, ${sqliteOf(scheduler)}, ${versions.join(', ')}`]
}

/** The SQLite driver that the store takes. */
function sqliteOf(scheduler) {
  if (isBuiltin('node:sqlite')) return `node:sqlite ${process.versions.sqlite ?? ''}`.trim()
  return `libsql ${manifestOf('libsql', scheduler).version}`
}

/**
 * The manifest of an installed package.
 *
 * @param {string} name
 * @param {string} [from] - The folder of the package that depends on it. Default: this one's.
 */
export function manifestOf(name, from) {
  return JSON.parse(readFileSync(join(folderOf(name, from), 'package.json'), 'utf8'))
}

/** Where a package is installed, found as Node.js does. */
export function folderOf(name, from = BENCH) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(candidate)) return realpathSync(candidate)
    if (folder === dirname(folder)) throw new Error(`${name} is not installed for ${from}: run pnpm install`)
  }
}

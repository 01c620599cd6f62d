// P14: what an application has to install, and what importing it costs.
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchmark } from './lib/benchmark.mjs'
import { folderOf } from './lib/versions.mjs'

const ROOTS = ['@dispatch/protocol', '@dispatch/core']
const BENCH = fileURLToPath(new URL('.', import.meta.url))

const packed = sizes()

await benchmark({
  id: 'P14',
  title: 'core and protocol: installed size, and time to import',
  how: 'Size: the files that npm would pack of the two, and every file of what they depend on. Import: a process that imports @dispatch/core over one that imports nothing.',
  runs: 15,
  metrics: {
    installed: { name: 'installed, with dependencies', unit: 'MB', atMost: 2, stretch: 1.2 },
    own: { name: '… of this our own', unit: 'MB' },
    importMs: { name: 'import', unit: 'ms', atMost: 80, stretch: 50 },
    emptyMs: { name: 'empty script', unit: 'ms' },
  },
  async measure() {
    const emptyMs = timeOf('')
    const importMs = timeOf("import '@dispatch/core'") - emptyMs
    return { ...packed, importMs, emptyMs }
  },
})

function timeOf(script) {
  const startedMs = performance.now()
  const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: BENCH })
  if (status !== 0) throw new Error(`node ended with ${status} after ${script}`)
  return performance.now() - startedMs
}

/** In megabytes. */
function sizes() {
  const own = ROOTS.reduce((sum, name) => sum + packedBytesOf(folderOf(name)), 0)
  /** @type {Map<string, number>} */
  const foreign = new Map()
  for (const name of ROOTS) addDependencies(folderOf(name), foreign)
  const bytes = [...foreign.values()].reduce((sum, size) => sum + size, own)
  return { installed: bytes / 1e6, own: own / 1e6 }
}

/** What npm would put into the package. */
function packedBytesOf(folder) {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  })
  return JSON.parse(output)[0].unpackedSize
}

function addDependencies(folder, found) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  for (const dependency of Object.keys(dependencies)) {
    const target = folderOf(dependency, folder)
    if (ROOTS.includes(dependency) || found.has(target)) continue
    found.set(target, bytesOf(target))
    addDependencies(target, found)
  }
}

function bytesOf(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path)
    .filter((entry) => entry !== 'node_modules')
    .reduce((sum, entry) => sum + bytesOf(join(path, entry)), 0)
}

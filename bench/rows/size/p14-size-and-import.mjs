// P14: what an application has to install, and what importing it costs.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchmark } from '../../lib/measure/benchmark.mjs'
import { folderOf } from '../../lib/measure/versions.mjs'

const ROOTS = ['@dispatch/protocol', '@dispatch/core']
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

const work = mkdtempSync(join(tmpdir(), 'dispatch-p14-'))
const installed = join(work, 'node_modules')
try {
  install(ROOTS)
  const packed = {
    installed: bytesOf(installed) / 1e6,
    own: ROOTS.reduce((sum, name) => sum + bytesOf(join(installed, name)), 0) / 1e6,
  }
  await benchmark({
    id: 'P14',
    title: 'core and protocol: installed size, and time to import',
    how: 'The two as they are packed for the registry, with what they depend on, in an empty folder. Size: every file. Import: a process that imports @dispatch/core over one that imports nothing.',
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
} finally {
  rmSync(work, { recursive: true, force: true })
}

function timeOf(script) {
  const startedMs = performance.now()
  const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: work })
  if (status !== 0) throw new Error(`node ended with ${status} after ${script}`)
  return performance.now() - startedMs
}

/** Packs some of our packages, and unpacks them where an application would have them. */
function install(names) {
  const filters = names.flatMap((name) => ['--filter', name])
  run('npx', ['--yes', packageManager, ...filters, 'pack', '--pack-destination', work], ROOT)
  for (const name of names) {
    const { version } = JSON.parse(readFileSync(join(folderOf(name), 'package.json'), 'utf8'))
    const tarball = join(work, `${name.slice(1).replace('/', '-')}-${version}.tgz`)
    const target = join(installed, name)
    mkdirSync(target, { recursive: true })
    run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'], work)
    installDependencies(folderOf(name))
  }
}

function installDependencies(folder) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) {
    if (ROOTS.includes(name)) continue
    const from = folderOf(name, folder)
    cpSync(from, join(installed, name), {
      recursive: true,
      dereference: true,
      filter: (path) => !path.slice(from.length).includes('node_modules'),
    })
    installDependencies(from)
  }
}

function run(command, args, cwd) {
  execFileSync(command, args, { cwd, stdio: 'ignore', shell: process.platform === 'win32' })
}

function bytesOf(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path).reduce((sum, entry) => sum + bytesOf(join(path, entry)), 0)
}

// Packs every package as it would be published, and uses the tarballs as a stranger would: publint and attw read
// them; then they are installed with npm into an empty folder outside the workspace, compiled from strict ESM
// TypeScript, without TypeBox and with it, run by `import` and by `require()`, and weighed.
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name) => join(root, 'node_modules/.bin', name)
const { packageManager, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** What an application installs for core and protocol, everything included; nearly all of it is our own, in two builds. */
const INSTALLED_BYTES_MAX = 1_600_000
const OWN_BYTES_MAX = 1_400_000

const work = mkdtempSync(join(tmpdir(), 'dispatch-packages-'))
try {
  const tarballs = pack()
  for (const file of Object.values(tarballs)) {
    run(bin('publint'), ['run', file, '--strict'], root)
    run(bin('attw'), [file, '--profile', 'strict'], root)
  }
  consume(tarballs)
  weigh(tarballs)
  console.log(`${Object.keys(tarballs).length} packages: publint, attw, import, require and size are fine`)
} finally {
  rmSync(work, { recursive: true, force: true })
}

function pack() {
  run('npx', ['--yes', packageManager, '--filter', './packages/*', 'pack', '--pack-destination', work], root)
  return Object.fromEntries(
    readdirSync(join(root, 'packages')).map((folder) => {
      const { name, version } = JSON.parse(
        readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'),
      )
      return [name, join(work, `${name.slice(1).replace('/', '-')}-${version}.tgz`)]
    }),
  )
}

function consume(tarballs) {
  const folder = join(work, 'consumer')
  mkdirSync(folder)
  for (const file of ['main.ts', 'required.cjs', 'tsconfig.json'])
    cpSync(join(root, 'scripts/consumer', file), join(folder, file))
  const versionOf = (name, pkg) =>
    JSON.parse(readFileSync(join(root, 'packages', pkg, 'package.json'), 'utf8')).devDependencies[name]
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      private: true,
      type: 'module',
      dependencies: {
        ...Object.fromEntries(Object.entries(tarballs).map(([name, file]) => [name, `file:${file}`])),
        fastify: versionOf('fastify', 'fastify'),
        'fastify-plugin': versionOf('fastify-plugin', 'fastify'),
        express: versionOf('express', 'express'),
        '@types/express': versionOf('@types/express', 'express'),
        '@types/node': devDependencies['@types/node'],
        typescript: devDependencies.typescript,
      },
      overrides: Object.fromEntries(Object.entries(tarballs).map(([name, file]) => [name, `file:${file}`])),
    }),
  )
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder)
  const use = (...programs) => {
    const tsc = join(folder, 'node_modules/.bin/tsc')
    run(tsc, ['-p', '.'], folder)
    // Once more with the declarations of all packages checked; those of Node.js do not stand the exact option.
    run(
      tsc,
      ['-p', '.', '--skipLibCheck', 'false', '--exactOptionalPropertyTypes', 'false', '--noEmit'],
      folder,
    )
    for (const program of programs) run(process.execPath, [program], folder)
  }
  use('main.js', 'required.cjs')
  cpSync(join(root, 'scripts/consumer/typebox.ts'), join(folder, 'typebox.ts'))
  const typebox = `@sinclair/typebox@${versionOf('@sinclair/typebox', 'core')}`
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', typebox], folder)
  use('typebox.js', 'main.js')
}

function weigh(tarballs) {
  const folder = join(work, 'weight')
  mkdirSync(folder)
  const names = ['@dispatch/protocol', '@dispatch/core']
  const files = Object.fromEntries(names.map((name) => [name, `file:${tarballs[name]}`]))
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: files, overrides: files }),
  )
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', '--omit=optional'], folder)
  const bytes = bytesOf(join(folder, 'node_modules'))
  console.log(`core and protocol with what they need: ${(bytes / 1e6).toFixed(2)} MB installed`)
  const ownBytes = bytesOf(join(folder, 'node_modules/@dispatch'))
  console.log(`of which our own: ${(ownBytes / 1e6).toFixed(2)} MB`)
  if (bytes > INSTALLED_BYTES_MAX)
    throw new Error(`expected at most ${INSTALLED_BYTES_MAX} bytes, got ${bytes}`)
  if (ownBytes > OWN_BYTES_MAX)
    throw new Error(`expected at most ${OWN_BYTES_MAX} bytes of our own, got ${ownBytes}`)
}

function bytesOf(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path).reduce((sum, entry) => sum + bytesOf(join(path, entry)), 0)
}

function run(command, args, cwd) {
  try {
    execFileSync(command, args, {
      cwd: resolve(cwd),
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
  } catch (error) {
    console.error(`${command} ${args.join(' ')} failed:\n${error.stdout}${error.stderr}`)
    process.exit(1)
  }
}

import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { npmInstall, ROOT, writeManifest } from '../lib/packages.mjs'
import { run } from '../lib/run.mjs'

/**
 * What an application installs for core and protocol, everything included; nearly all of it is our own, in two builds with
 * declarations for each.
 */
const INSTALLED_BYTES_MAX = 1_600_000
const OWN_BYTES_MAX = 1_450_000

const NAMES = ['core', 'express', 'fastify', 'protocol', 'scheduler'].map((name) => `@dispatch/${name}`)

export const packages = {
  name: 'packages',
  steps: [
    [
      ...NAMES.map((name) => ({
        name: `${name} is well formed (publint)`,
        run: async ({ tarballs }) =>
          void (await run(bin('publint'), ['run', fileOf(tarballs, name), '--strict'])),
      })),
      ...NAMES.map((name) => ({
        name: `the declarations of ${name} are those of its modules, for every compiler (attw, strict)`,
        run: async ({ tarballs }) =>
          void (await run(bin('attw'), [fileOf(tarballs, name), '--profile', 'strict'])),
      })),
      { name: 'core and protocol are small', run: weigh },
    ],
  ],
}

function bin(name) {
  return join(ROOT, 'node_modules/.bin', name)
}

function fileOf(tarballs, name) {
  return tarballs[name].slice('file:'.length)
}

async function weigh({ folder, tarballs }) {
  const weight = join(folder, 'weight')
  mkdirSync(weight)
  const { '@dispatch/core': core, '@dispatch/protocol': protocol } = tarballs
  const used = { '@dispatch/core': core, '@dispatch/protocol': protocol }
  writeManifest(weight, { tarballs: used, own: Object.keys(used) })
  await npmInstall(weight)
  const bytes = bytesOf(join(weight, 'node_modules'))
  const ownBytes = bytesOf(join(weight, 'node_modules/@dispatch'))
  if (bytes > INSTALLED_BYTES_MAX)
    throw new Error(`expected at most ${INSTALLED_BYTES_MAX} bytes, got ${bytes}`)
  if (ownBytes > OWN_BYTES_MAX)
    throw new Error(`expected at most ${OWN_BYTES_MAX} bytes of our own, got ${ownBytes}`)
  return `${megabytes(bytes)} installed, of which our own ${megabytes(ownBytes)}`
}

function bytesOf(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path).reduce((sum, entry) => sum + bytesOf(join(path, entry)), 0)
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`
}

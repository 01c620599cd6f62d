import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PEERS } from './places.mjs'

/**
 * Installs the packages that are compared, if they are not there in the versions of package.json, with npm and into the
 * folder of the comparison: the project's own installation stays small. Scripts of packages do not run.
 *
 * @param {readonly string[]} names
 * @throws {Error} With what npm says.
 */
export function installPeers(names) {
  const wanted = readManifest(PEERS)?.dependencies ?? {}
  if (names.every((name) => installedOf(name)?.version === wanted[name])) return
  console.log(`installing ${Object.keys(wanted).join(', ')} into bench/peers …`)
  const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: PEERS,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(`npm ci in bench/peers ended with ${status}:\n${stderr}`)
}

/**
 * Why this Node.js cannot run a package; `undefined` when it can.
 *
 * @param {string} name - Of an installed package.
 */
export function refusalOf(name) {
  const range = installedOf(name)?.engines?.node ?? ''
  const [, ...wanted] = /^>=\s*(\d+)(?:\.(\d+))?/.exec(range) ?? []
  const [major, minor] = wanted.map((part) => Number(part ?? 0))
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number)
  if (major === undefined || ownMajor > major || (ownMajor === major && ownMinor >= minor)) return undefined
  return `needs Node.js ${range}: npx -p node@${major} -- node bench/peers/run.mjs`
}

/** @param {string} name */
export function versionOf(name) {
  return `${name} ${installedOf(name)?.version}`
}

function installedOf(name) {
  return readManifest(join(PEERS, 'node_modules', ...name.split('/')))
}

function readManifest(folder) {
  const path = join(folder, 'package.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { folderOfServers, isOnPath } from './places.mjs'
import { startServer } from './server-process.mjs'

const COMMANDS = ['redis-server', 'valkey-server']

/** Packages of Debian and Ubuntu that have the server, and the libraries that a small system lacks. */
const DEBIAN_PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1']

/**
 * Finds Redis: on PATH; or unpacked here, downloaded with apt-get as any user may. Nothing is installed on the system.
 *
 * @returns {{ command: string, env: NodeJS.ProcessEnv, version: string }}
 * @throws {Error} Saying what to install.
 */
export function findRedis() {
  const command = COMMANDS.find(isOnPath)
  if (command !== undefined) return described(command, process.env)
  const root = join(folderOfServers(), 'redis')
  const unpacked = join(root, 'usr', 'bin', 'redis-server')
  if (!existsSync(unpacked)) downloadDebian(root)
  const libraries = join(root, 'usr', 'lib')
  const paths = readdirSync(libraries).map((name) => join(libraries, name))
  return described(unpacked, { ...process.env, LD_LIBRARY_PATH: paths.join(':') })
}

/**
 * Starts it as BullMQ's guide for production wants it: an append-only file, no eviction.
 *
 * @param {ReturnType<typeof findRedis>} redis
 * @param {string} folder - Empty.
 * @param {'always' | 'everysec'} appendfsync
 */
export async function startRedis({ command, env }, folder, appendfsync) {
  const settings = {
    bind: '127.0.0.1',
    dir: folder,
    appendonly: 'yes',
    appendfsync,
    save: '',
    'maxmemory-policy': 'noeviction',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  return await startServer({
    command,
    args: (port) => [...args, '--port', String(port)],
    stopSignal: 'SIGTERM',
    spawnOptions: { env },
  })
}

function downloadDebian(root) {
  const missing = 'Redis was not found: install redis-server or valkey-server'
  if (!isOnPath('apt-get') || !isOnPath('dpkg-deb')) throw new Error(missing)
  const downloads = join(folderOfServers(), 'debian')
  mkdirSync(downloads, { recursive: true })
  try {
    execFileSync('apt-get', ['download', ...DEBIAN_PACKAGES], { cwd: downloads, stdio: 'pipe' })
    for (const name of readdirSync(downloads)) execFileSync('dpkg-deb', ['-x', join(downloads, name), root])
  } catch (error) {
    throw new Error(missing, { cause: error })
  }
}

function described(command, env) {
  const text = execFileSync(command, ['--version'], { env, encoding: 'utf8' })
  const [, version = text.trim()] = /\bv=(\S+)/.exec(text) ?? []
  return { command, env, version: `${command.includes('valkey') ? 'Valkey' : 'Redis'} ${version}` }
}

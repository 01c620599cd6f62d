import { hostname } from 'node:os'
import { DispatchError } from '@dispatch/protocol'
import type { Database, OpenDatabase } from '../driver/driver.js'
import { SQLITE, sqliteCodeOf } from '../driver/error.js'

/**
 * Ensures that this process is the only one that uses the store at `path`. Returns a function that releases it.
 *
 * It is a lock of the operating system on the empty file `<path>-lock`, held through a SQLite transaction on it. It ends
 * with the process in every case, so there are no stale locks. It is not on the store itself, so that backups and other
 * programs can read that while it is in use.
 *
 * The process that holds the lock must not open either file by other means than SQLite: POSIX releases a process's locks
 * on a file when the process closes any descriptor of it.
 *
 * @throws {DispatchError} `permanent` when another process holds it, naming that process and the fix.
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

/** Records the holder in the store: process and host for the message above, the name for {@link assertHolder}. */
export function writeHolder(database: Database, holder: string): void {
  const insert = database.prepare('INSERT OR REPLACE INTO store (key, value) VALUES (?, ?)')
  insert.run(['holder', holder])
  insert.run(['pid', String(process.pid)])
  insert.run(['host', hostname()])
}

/**
 * Ensures that the store has had no other holder since this one.
 *
 * @throws {DispatchError} `permanent` when it has: what this process holds in memory is out of date.
 */
export function assertHolder(database: Database, path: string, holder: string): void {
  const rows = database.prepare("SELECT value FROM store WHERE key = 'holder'").all([])
  if (rows[0]?.[0] === holder) return
  throw new DispatchError(
    'permanent',
    `${path} was opened by another process while this scheduler did not hold it: restart the scheduler`,
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
    // The file is just being created, or is not a store.
    return 'another process'
  }
}

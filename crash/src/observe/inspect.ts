import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, loadDriver } from '../../../packages/scheduler/dist/store/sqlite/driver/driver.js'

const { open: openDatabase } = await loadDriver()

/** Contents of a store, read with SQLite. */
export interface StoreContents {
  readonly roots: readonly { readonly id: string; readonly state: string }[]
  /** Calls that are not done. */
  readonly live: number
}

/**
 * Checks the files of a store whose process has ended, with SQLite. It uses a copy, because opening the files themselves
 * would perform the recovery that the next scheduler is to perform.
 *
 * @throws {Error} When SQLite reports damage.
 */
export function assertIntegrity(path: string): void {
  onCopy(path, (database) => {
    // Without a statement of its own, so that the connection is really closed.
    database.exec("CREATE TEMP TABLE verdict (text CHECK (text = 'ok'))")
    database.exec('INSERT INTO verdict SELECT integrity_check FROM pragma_integrity_check')
  })
}

export function contentsOf(path: string): StoreContents {
  let contents: StoreContents = { roots: [], live: 0 }
  onCopy(path, (database) => {
    const roots = database.prepare("SELECT id, state FROM calls WHERE parent_id = ''").all([]) as string[][]
    const [[live]] = database.prepare("SELECT count(*) FROM calls WHERE state <> 'done'").all([]) as [
      [number],
    ]
    contents = { roots: roots.map(([id, state]) => ({ id: id as string, state: state as string })), live }
  })
  return contents
}

function onCopy(path: string, look: (database: Database) => void): void {
  if (!existsSync(path)) return
  const folder = mkdtempSync(join(tmpdir(), 'dispatch-crash-'))
  try {
    const copy = join(folder, 'calls.db')
    cpSync(path, copy)
    if (existsSync(`${path}-wal`)) cpSync(`${path}-wal`, `${copy}-wal`)
    const database = openDatabase(copy)
    try {
      look(database)
    } finally {
      database.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

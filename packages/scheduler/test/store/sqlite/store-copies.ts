import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSqliteStore } from '@dispatch/scheduler'
import { storeError } from '../../../dist/store/sqlite/driver/error.js'
import { openStoreDatabase } from '../../../dist/store/sqlite/file/database.js'
import { bytes, call, insert, update } from '../../helpers/store-records.js'
import { openSqlite } from './sqlite-file.js'

/** The files of a store as they lay on the disk at one moment; `undefined`: there was none. */
export interface StoreFiles {
  readonly database: Buffer | undefined
  readonly log: Buffer | undefined
}

/** A store in use, copied. */
export interface CopiedStore {
  readonly database: Buffer
  readonly log: Buffer
  /** The length of the log after each commit; 0 for those whose pages lie in the file itself. */
  readonly lengths: readonly number[]
}

/**
 * Commits so often and copies the files without closing the store; the log goes into the file after a quarter of
 * the commits. Commit k inserts `call-k`, with an input that has a page of its own at times, and updates the call
 * before.
 */
export async function copyOfStore(folder: string, commits: number): Promise<CopiedStore> {
  const path = join(mkdtempSync(join(folder, 'origin-')), 'dispatch.db')
  const store = createSqliteStore({ path })
  await store.open()
  const lengths: number[] = []
  for (let commit = 0; commit < commits; commit++) {
    const writes = [insert(call(`call-${commit}`), bytes(100 + (commit % 5) * 3_000))]
    if (commit > 0) writes.push(update(call(`call-${commit - 1}`, { polls: 1 }), { state: bytes(500) }))
    await store.commit(writes)
    if (commit === Math.floor(commits / 4)) {
      checkpoint(path)
      lengths.fill(0)
    }
    lengths.push(statSync(`${path}-wal`).size)
  }
  // Another process does it: this one would lose its locks with the descriptors.
  const copy = join(folder, `copy-${randomUUID()}`)
  const script =
    'const [from, to] = process.argv.slice(1); require("fs").cpSync(from, to, { recursive: true })'
  const { status } = spawnSync(process.execPath, ['-e', script, join(path, '..'), copy])
  if (status !== 0) throw new Error('the store could not be copied')
  await store.close()
  const database = readFileSync(join(copy, 'dispatch.db'))
  return { database, log: readFileSync(join(copy, 'dispatch.db-wal')), lengths }
}

/** Writes the log of a store into its file. */
function checkpoint(path: string): void {
  const file = openSqlite(path)
  file.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  file.close()
}

/** Lays files into a folder of their own, as a crash leaves them. */
export function laidOut(folder: string, { database, log }: StoreFiles): string {
  const path = join(mkdtempSync(join(folder, 'laid-')), 'dispatch.db')
  if (database !== undefined) writeFileSync(path, database)
  if (log !== undefined) writeFileSync(`${path}-wal`, log)
  return path
}

/** Whether the files are as they were laid out. */
export function areUntouched(path: string, { database, log }: StoreFiles): boolean {
  const isSame = (name: string, bytes: Buffer | undefined): boolean =>
    bytes === undefined ? !existsSync(name) || statSync(name).size === 0 : bytes.equals(readFileSync(name))
  return isSame(path, database) && isSame(`${path}-wal`, log)
}

/**
 * Opens the store as a scheduler does; gives the number of commits of {@link copyOfStore} in it.
 *
 * @throws {Error} When it does not open, when a commit is there in part, or when SQLite finds something wrong.
 */
export function commitsIn(path: string): number {
  const options = { path, fileBytesMax: undefined, driver: undefined, holder: 'test' }
  const store = opened(options)
  try {
    const calls = [...store.liveCalls()].flat().map((row) => ({ id: row[0], polls: pollsOf(row[6]) }))
    const want = calls.map((_, index) => ({ id: `call-${index}`, polls: index === calls.length - 1 ? 0 : 1 }))
    if (JSON.stringify(calls) !== JSON.stringify(want)) throw new Error('a commit is there in part')
    return calls.length
  } finally {
    store.close()
    assertIntegrity(path)
  }
}

function opened(options: Parameters<typeof openStoreDatabase>[1]) {
  try {
    return openStoreDatabase(openSqlite, options, false)
  } catch (error) {
    throw storeError(error, options.path)
  }
}

function assertIntegrity(path: string): void {
  const file = openSqlite(path)
  const verdict = JSON.stringify(file.prepare('PRAGMA integrity_check').all([]))
  file.close()
  if (verdict !== '[["ok"]]') throw new Error(`integrity_check: ${verdict}`)
}

const POLLS_AT = 18

function pollsOf(record: unknown): unknown {
  return (JSON.parse(String(record)) as unknown[])[POLLS_AT]
}

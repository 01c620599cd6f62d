import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DispatchError } from '@dispatch/protocol'
import type { Database, OpenDatabase } from '../driver/driver.js'
import { SQLITE, sqliteCodeOf } from '../driver/error.js'
import type { CommitPart, PackedPayloads, StoreFileOptions } from '../rows/messages.js'
import { prepareSchema, schemaVersionOf } from '../rows/schema.js'
import { createPartWriter, createTransaction, transactIn } from './commit.js'
import { assertHolder, lockStore, writeHolder } from './lock.js'
import { createPrune } from './prune.js'
import {
  type CallRow,
  createQueries,
  type FinishedRow,
  type JournalRows,
  type ResultRows,
} from './queries.js'
import { assertLogWhole } from './wal-check.js'

/** The synchronous store that runs in the store's thread. */
export interface StoreDatabase {
  /** Whether a commit is partly written. */
  readonly isCommitting: boolean
  /** Writes a part of a commit. If it throws, the parts already written are discarded. */
  write(part: CommitPart): void
  /** Makes the written parts durable. If it throws, they are discarded. */
  commit(): void
  /** Discards the written parts. */
  rollback(): void
  liveCalls(): Generator<CallRow[]>
  finishedChildren(): FinishedRow[]
  readPayloads(ids: readonly string[]): PackedPayloads
  readCall(id: string): { readonly row: CallRow; readonly payloads: PackedPayloads } | undefined
  existing(ids: readonly string[]): [id: string, tenant: string][]
  highestId(bound: string): string
  readResults(
    parentId: string,
    parentRestarts: number,
    ordinals: readonly number[],
    bytesMax: number,
  ): ResultRows
  readJournal(callId: string, restarts: number): JournalRows
  /** Yields after each transaction, so that commits can be served in between; returns the number of trees. */
  prune(beforeMs: number, treesMax: number): Generator<void, number>
  close(): void
}

/**
 * Files up to this size are checked page by page when opened, which takes a fraction of a second. In a larger file,
 * damage is noticed when the damaged page is read.
 */
const CHECKED_BYTES_MAX = 64 * 1024 * 1024

/** The write-ahead log grows during a long read by another program; afterwards it is truncated to this size. */
const WAL_BYTES_KEPT_MAX = 64 * 1024 * 1024

/** Suffixes of the file, its log, the index of the log, and the lock. */
const FILES_OF_A_STORE = 4

/** How long to wait for another program that is writing to the file or copying it. */
const BUSY_TIMEOUT_MS = 5_000

/**
 * Opens the store, or creates one when the file does not exist.
 *
 * @param isReplacement - This store has held the file before; refuse it if it was opened elsewhere since.
 * @throws {DispatchError} Or an error of the driver or the file system; nothing is left open.
 */
export function openStoreDatabase(
  openDatabase: OpenDatabase,
  options: StoreFileOptions,
  isReplacement: boolean,
): StoreDatabase {
  makeDirectory(dirname(options.path))
  const path = resolvedPath(options.path)
  assertAccess(path)
  let unlock = (): void => {}
  let database: Database | undefined
  try {
    unlock = lockStore(openDatabase, path)
    checkFile(openDatabase, path)
    // Payloads may be private. SQLite creates its other files with the permissions of this one.
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
    database = openDatabase(path)
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    database.exec(`PRAGMA journal_size_limit = ${WAL_BYTES_KEPT_MAX}`)
    prepareSchema(database, path)
    limitSize(database, options.fileBytesMax)
    if (isReplacement) assertHolder(database, path, options.holder)
    return storeOf(database, options.holder, unlock)
  } catch (error) {
    database?.close()
    unlock()
    if (sqliteCodeOf(error) === SQLITE.CANTOPEN) assertDescriptors(dirname(path))
    throw error
  }
}

function storeOf(database: Database, holder: string, unlock: () => void): StoreDatabase {
  const transaction = createTransaction(database)
  const transact = transactIn(transaction)
  const writePart = createPartWriter(database)
  const queries = createQueries(database)
  transact(() => writeHolder(database, holder))
  return {
    ...queries,
    get isCommitting() {
      return transaction.isOpen
    },
    write: (part) => transaction.write(() => writePart(part)),
    commit: transaction.commit,
    rollback: transaction.rollback,
    prune: createPrune(database, transact),
    close: () => {
      emptyLog(database)
      database.close()
      unlock()
    },
  }
}

/**
 * Moves what the log has into the file, which is then complete without it. SQLite does that when the last connection closes;
 * connections of libsql stay open until they are collected, those that only read too.
 */
function emptyLog(database: Database): void {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } catch {
    // The disk does not allow it. Nothing is lost: the log is read again when the file is opened.
  }
}

/** Creates the directory and syncs it: a database is only as durable as the directories on its path. */
function makeDirectory(directory: string): void {
  const made = mkdirSync(directory, { recursive: true, mode: 0o700 })
  // Windows cannot sync a directory.
  if (made === undefined || process.platform === 'win32') return
  for (let at = directory; at.length >= dirname(made).length; at = dirname(at)) {
    const descriptor = openSync(at, 'r')
    fsyncSync(descriptor)
    closeSync(descriptor)
    if (at === dirname(at)) return
  }
}

/** The canonical path of a file, so that every process takes the same lock. */
function resolvedPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path))
}

/**
 * Refuses files that this process may not write. SQLite would open them for reading and create files beside them that
 * cannot be written either.
 */
function assertAccess(path: string): void {
  accessSync(dirname(path), constants.R_OK | constants.W_OK | constants.X_OK)
  for (const file of [path, `${path}-wal`, `${path}-shm`, `${path}-lock`]) {
    if (!existsSync(file)) continue
    accessSync(file, constants.R_OK | constants.W_OK)
    if (statSync(file).isFile()) continue
    throw new DispatchError('permanent', `${file} cannot be opened: it is not a file; check the path`)
  }
}

/**
 * SQLite only reports that it cannot open a file. The file system reports whether descriptors are exhausted.
 *
 * @throws {Error} `EMFILE` or `ENFILE`.
 */
function assertDescriptors(directory: string): void {
  const descriptors: number[] = []
  try {
    while (descriptors.length < FILES_OF_A_STORE) descriptors.push(openSync(directory, 'r'))
  } finally {
    descriptors.forEach(closeSync)
  }
}

/**
 * Refuses a file that is not an intact store, without changing it. The connection is read-only: the last writable
 * connection would checkpoint the log into the damaged file when it closes.
 */
function checkFile(openDatabase: OpenDatabase, path: string): void {
  assertLogWhole(path)
  if (!existsSync(path) || statSync(path).size === 0) return
  const database = openDatabase(path, 'toRead')
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    schemaVersionOf(database, path)
    checkIntegrity(database, path)
  } finally {
    database.close()
  }
}

function checkIntegrity(database: Database, path: string): void {
  const value = (sql: string) => database.prepare(sql).all([])[0]?.[0]
  const bytes = Number(value('PRAGMA page_count')) * Number(value('PRAGMA page_size'))
  if (bytes > CHECKED_BYTES_MAX) return
  const verdict = value('PRAGMA quick_check(1)')
  if (verdict === 'ok') return
  throw new DispatchError(
    'permanent',
    `${path} is damaged: restore it from a backup, or move it away to start empty (${verdict})`,
  )
}

function limitSize(database: Database, fileBytesMax: number | undefined): void {
  if (fileBytesMax === undefined) return
  const pageSize = Number(database.prepare('PRAGMA page_size').all([])[0]?.[0])
  database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(fileBytesMax / pageSize))}`)
}

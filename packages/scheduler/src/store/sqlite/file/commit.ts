import { journalExistsError, unknownError } from '../../fold-writes.js'
import type { Database, SqlValue, Statement } from '../driver/driver.js'
import { SQLITE, sqliteCodeOf } from '../driver/error.js'
import { type CommitPart, JOURNAL_WIDTH, NO_PAYLOAD, PayloadReader, UPDATE_WIDTH } from '../rows/messages.js'
import { cellOf, INLINE_BYTES_MAX, PAYLOAD_COLUMNS } from '../rows/payload-cell.js'
import { EMPTY_PAYLOAD } from '../rows/schema.js'
import { createInsertWriter } from './insert.js'

/** One transaction at a time. An error discards everything written in the transaction. */
export interface Transaction {
  readonly isOpen: boolean
  /** Runs in the open transaction, or begins one. */
  write(work: () => void): void
  /** Commits: everything written is durable when this returns. */
  commit(): void
  rollback(): void
}

export function createTransaction(database: Database): Transaction {
  // IMMEDIATE: a program that reads the file concurrently cannot make a transaction fail halfway.
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  let isOpen = false
  const rollback = () => {
    isOpen = false
    // After some failures, for example a full disk, SQLite has already rolled back.
    try {
      database.exec('ROLLBACK')
    } catch {}
  }
  const attempt = (work: () => void) => {
    try {
      work()
    } catch (error) {
      rollback()
      throw error
    }
  }
  return {
    get isOpen() {
      return isOpen
    },
    write(work) {
      if (!isOpen) begin.run([])
      isOpen = true
      attempt(work)
    },
    commit() {
      attempt(() => commit.run([]))
      isOpen = false
    },
    rollback,
  }
}

/** Runs `work` as one transaction: its writes are durable when this returns and discarded when it throws. */
export type Transact = (work: () => void) => void

export function transactIn(transaction: Transaction): Transact {
  return (work) => {
    transaction.write(work)
    transaction.commit()
  }
}

/** Creates the function that writes a part of a commit within a transaction. */
export function createPartWriter(database: Database): (part: CommitPart) => void {
  // n of a call by its id; a payload's own number is 4 * n + kind.
  const insertPayload = database.prepare(
    'INSERT OR REPLACE INTO payloads (n, bytes) SELECT 4 * n + ?, ? FROM calls WHERE id = ?',
  )
  const insertJournal = database.prepare(
    'INSERT INTO journal (call_n, restarts, position, ordinals, entry) SELECT n, ?, ?, ?, ? FROM calls WHERE id = ?',
  )
  const updates = updateStatements(database)

  const writeLarge = (id: string, kind: number, payload: Uint8Array | undefined) => {
    if (payload !== undefined && payload.byteLength > INLINE_BYTES_MAX) insertPayload.run([kind, payload, id])
  }

  const writeInserts = createInsertWriter(database, writeLarge)

  const writeUpdate = (row: SqlValue[], payloads: PayloadReader) => {
    const [id, state, finishedAtMs, record, ...lengths] = row as [string, string, number, string, ...number[]]
    const values: SqlValue[] = [state, finishedAtMs, record]
    let mask = 0
    for (const [kind, length] of lengths.entries()) {
      if (length === NO_PAYLOAD) continue
      mask |= 1 << kind
      const payload = payloads.next(length)
      values.push(cellOf(payload))
      writeLarge(id, kind, payload)
    }
    values.push(id)
    if (updates[mask]?.run(values) !== 1) throw unknownError(id)
  }

  const writeJournal = (row: SqlValue[], payloads: PayloadReader) => {
    const [id, restarts, position, ordinals, length] = row as [string, number, number, string, number]
    let changes: number
    try {
      changes = insertJournal.run([restarts, position, ordinals, entryCellOf(payloads.next(length)), id])
    } catch (error) {
      if (sqliteCodeOf(error) !== SQLITE.CONSTRAINT) throw error
      throw journalExistsError(id, restarts, position)
    }
    if (changes !== 1) throw unknownError(id)
  }

  return ({ inserts, updates, journal, bytes }) => {
    const payloads = new PayloadReader(bytes)
    for (const group of inserts) writeInserts(group, payloads)
    for (let at = 0; at < updates.length; at += UPDATE_WIDTH)
      writeUpdate(updates.slice(at, at + UPDATE_WIDTH), payloads)
    for (let at = 0; at < journal.length; at += JOURNAL_WIDTH)
      writeJournal(journal.slice(at, at + JOURNAL_WIDTH), payloads)
  }
}

/** One statement for each combination of payloads in an update, by the bit mask of their kinds. */
function updateStatements(database: Database): readonly Statement[] {
  return Array.from({ length: 1 << PAYLOAD_COLUMNS.length }, (_, mask) => {
    const columns = PAYLOAD_COLUMNS.filter((_, kind) => mask & (1 << kind)).map((column) => `, ${column} = ?`)
    return database.prepare(
      `UPDATE calls SET state = ?, finished_at_ms = ?, record = ?${columns.join('')} WHERE id = ?`,
    )
  })
}

/** An entry is written once and always stored in its row. */
function entryCellOf(entry: Uint8Array | undefined): SqlValue {
  return entry === undefined || entry.byteLength === 0 ? EMPTY_PAYLOAD : entry
}

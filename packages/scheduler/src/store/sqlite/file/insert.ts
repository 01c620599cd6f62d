import { existsError } from '../../fold-writes.js'
import type { Database, SqlValue, Statement } from '../driver/driver.js'
import { SQLITE, sqliteCodeOf } from '../driver/error.js'
import type { InsertGroup, PayloadReader } from '../rows/messages.js'
import { cellOf, PAYLOAD_COLUMNS } from '../rows/payload-cell.js'

/**
 * Rows per statement. A statement costs more than a row: a call takes 7 µs of CPU (libsql) with one row of ten values
 * per statement, and 3.7 µs with sixteen rows of the three values that most calls have. More rows gain little.
 */
const ROWS_PER_STATEMENT = 16

/** Creates the function that inserts calls within a transaction. @param writeLarge - Writes a payload too large for its row. */
export function createInsertWriter(
  database: Database,
  writeLarge: (id: string, kind: number, payload: Uint8Array | undefined) => void,
): (group: InsertGroup, payloads: PayloadReader) => void {
  const statements = new Map<string, Statement>()
  const statementOf = ({ state, isChild, payloads }: InsertGroup, rows: number): Statement => {
    const key = `${state} ${isChild} ${payloads} ${rows}`
    let statement = statements.get(key)
    if (statement === undefined) {
      statement = database.prepare(insertSql(state, isChild, payloads, rows))
      statements.set(key, statement)
    }
    return statement
  }

  const insertOne = (group: InsertGroup, row: SqlValue[]) => {
    try {
      statementOf(group, 1).run(row)
    } catch (error) {
      throw sqliteCodeOf(error) === SQLITE.CONSTRAINT ? existsError(row[0] as string) : error
    }
  }

  const insertMany = (group: InsertGroup, rows: SqlValue[], width: number) => {
    try {
      statementOf(group, ROWS_PER_STATEMENT).run(rows)
    } catch (error) {
      // When the disk fails, SQLite rolls the transaction back: later rows would be durable without the earlier ones.
      if (sqliteCodeOf(error) !== SQLITE.CONSTRAINT) throw error
      // The statement had no effect. Inserting row by row finds the call.
      for (let at = 0; at < rows.length; at += width) insertOne(group, rows.slice(at, at + width))
      throw error
    }
  }

  return (group, payloads) => {
    const kinds = PAYLOAD_COLUMNS.map((_, kind) => kind).filter((kind) => group.payloads & (1 << kind))
    const width = widthOf(group)
    const step = ROWS_PER_STATEMENT * width
    for (let at = 0; at < group.rows.length; ) {
      const isMany = group.rows.length - at >= step
      const rows: SqlValue[] = group.rows.slice(at, at + (isMany ? step : width))
      const large: [id: string, kind: number, payload: Uint8Array | undefined][] = []
      for (let row = 0; row < rows.length; row += width) {
        for (const [index, kind] of kinds.entries()) {
          const cell = row + width - kinds.length + index
          const payload = payloads.next(rows[cell] as number)
          rows[cell] = cellOf(payload)
          if (rows[cell] !== payload) large.push([rows[row] as string, kind, payload])
        }
      }
      if (isMany) insertMany(group, rows, width)
      else insertOne(group, rows)
      for (const [id, kind, payload] of large) writeLarge(id, kind, payload)
      at += rows.length
    }
  }
}

/** The values of one row of a group. */
function widthOf({ state, isChild, payloads }: InsertGroup): number {
  const present = PAYLOAD_COLUMNS.filter((_, kind) => payloads & (1 << kind)).length
  return 2 + (isChild ? 3 : 0) + (state === 'done' ? 1 : 0) + present
}

function insertSql(state: InsertGroup['state'], isChild: boolean, payloads: number, rows: number): string {
  const cells = PAYLOAD_COLUMNS.map((_, kind) => (payloads & (1 << kind) ? '?' : 'NULL'))
  const row = `(?, ?, ${isChild ? '?, ?, ?' : "'', 0, 0"}, ${state === 'done' ? '?' : '0'}, ${cells.join(', ')}, '${state}')`
  const columns = `id, record, parent_id, parent_restarts, ordinal, finished_at_ms, ${PAYLOAD_COLUMNS.join(', ')}, state`
  return `INSERT INTO calls (${columns}) VALUES ${new Array(rows).fill(row).join(', ')}`
}

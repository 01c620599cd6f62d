import type { Database, SqlValue } from '../driver/driver.js'
import { type PackedPayloads, packPayloads } from '../rows/messages.js'
import { CALL_COLUMNS } from '../rows/record.js'
import { EMPTY_PAYLOAD, LARGE_PAYLOAD, recordColumn } from '../rows/schema.js'

/** {@link CALL_COLUMNS}, then `record`. */
export type CallRow = readonly SqlValue[]

/** parentId, parentRestarts, ordinal, correlationId, statusCode. */
export type FinishedRow = readonly SqlValue[]

export interface ResultRows {
  /** `undefined` for a child that is not done. */
  readonly correlationIds: readonly (string | undefined)[]
  readonly results: PackedPayloads
}

export interface JournalRows {
  /** A JSON array per entry. */
  readonly ordinals: readonly string[]
  readonly entries: PackedPayloads
}

/** Rows of live calls read at once: less than 1 MB and a few milliseconds. */
const LOAD_ROWS_MAX = 1_000

const CALL_SQL = [...CALL_COLUMNS, 'record'].join(', ')
const EMPTY = new Uint8Array(0)

/** Creates the reads of a store. `CROSS JOIN` makes SQLite process the tables in the order written. */
export function createQueries(database: Database) {
  const live = database.prepare(
    `SELECT n, ${CALL_SQL} FROM calls WHERE state <> 'done' AND n > ? ORDER BY n LIMIT ${LOAD_ROWS_MAX}`,
  )
  const heard = database.prepare(
    `SELECT j.call_n, j.ordinals FROM calls p CROSS JOIN journal j ON j.call_n = p.n AND j.restarts = p.${recordColumn('restarts')}
     WHERE p.state <> 'done'`,
  )
  const finished = database.prepare(
    `SELECT p.n AS parent_n, c.parent_id, c.parent_restarts, c.ordinal,
       c.${recordColumn('correlation_id')} AS correlation_id, c.${recordColumn('status_code')} AS status_code
     FROM calls p CROSS JOIN calls c ON c.parent_id = p.id AND c.parent_restarts = p.${recordColumn('restarts')}
     WHERE p.state <> 'done' AND c.state = 'done' AND c.parent_id <> '' ORDER BY c.finished_at_ms, c.n`,
  )
  const byId = database.prepare(`SELECT ${CALL_SQL}, n, input, coroutine, result FROM calls WHERE id = ?`)
  const payloadsById = database.prepare('SELECT n, input, coroutine, result FROM calls WHERE id = ?')
  const payload = database.prepare('SELECT bytes FROM payloads WHERE n = ?')
  const existing = database.prepare(
    `SELECT c.id, c.${recordColumn('tenant')} FROM json_each(?) AS wanted CROSS JOIN calls c ON c.id = wanted.value`,
  )
  const highestId = database.prepare('SELECT max(id) FROM calls WHERE id < ?')
  const results = database.prepare(
    `SELECT wanted.key AS position, c.${recordColumn('correlation_id')} AS correlation_id, c.n, c.result FROM json_each(?) AS wanted
     CROSS JOIN calls c ON c.parent_id = ? AND c.parent_restarts = ? AND c.ordinal = wanted.value
     WHERE c.parent_id <> '' AND c.state = 'done' ORDER BY position`,
  )
  const journal = database.prepare(
    `SELECT j.ordinals, j.entry FROM calls c CROSS JOIN journal j ON j.call_n = c.n AND j.restarts = ?
     WHERE c.id = ? ORDER BY j.position`,
  )

  const bytesOf = (
    n: SqlValue | undefined,
    kind: number,
    cell: SqlValue | undefined,
  ): Uint8Array | undefined => {
    if (cell === LARGE_PAYLOAD)
      return payload.all([4 * (n as number) + kind])[0]?.[0] as Uint8Array | undefined
    if (cell === EMPTY_PAYLOAD) return EMPTY
    return (cell as Uint8Array | null | undefined) ?? undefined
  }
  const payloadsOf = ([n, ...cells]: readonly SqlValue[]) => cells.map((cell, kind) => bytesOf(n, kind, cell))

  return {
    *liveCalls(): Generator<CallRow[]> {
      let rows: SqlValue[][]
      let lastN: SqlValue = 0
      do {
        rows = live.all([lastN])
        for (const row of rows) lastN = row.shift() as number
        yield rows
      } while (rows.length === LOAD_ROWS_MAX)
    },

    finishedChildren(): FinishedRow[] {
      const heardBy = new Map<SqlValue, Set<number>>()
      for (const [n, ordinals] of heard.all([]) as [number, string][]) {
        const set = heardBy.get(n) ?? new Set()
        for (const ordinal of JSON.parse(ordinals) as number[]) set.add(ordinal)
        heardBy.set(n, set)
      }
      const rows = finished
        .all([])
        .filter(([n, , , ordinal]) => !heardBy.get(n as number)?.has(ordinal as number))
      return rows.map(([, ...row]) => row)
    },

    readPayloads(ids: readonly string[]): PackedPayloads {
      const missing = [undefined, undefined, undefined]
      return packPayloads(
        ids.flatMap((id) => {
          const [row] = payloadsById.all([id])
          return row === undefined ? missing : payloadsOf(row)
        }),
      )
    },

    readCall(id: string): { readonly row: CallRow; readonly payloads: PackedPayloads } | undefined {
      const [row] = byId.all([id])
      if (row === undefined) return undefined
      const width = CALL_COLUMNS.length + 1
      return { row: row.slice(0, width), payloads: packPayloads(payloadsOf(row.slice(width))) }
    },

    existing(ids: readonly string[]): [id: string, tenant: string][] {
      return existing.all([JSON.stringify(ids)]) as [string, string][]
    },

    highestId(bound: string): string {
      return (highestId.all([bound])[0]?.[0] as string | null) ?? ''
    },

    /** Results of as many leading ordinals as fit into `bytesMax`, at least one. */
    readResults(
      parentId: string,
      parentRestarts: number,
      ordinals: readonly number[],
      bytesMax: number,
    ): ResultRows {
      const correlationIds: (string | undefined)[] = ordinals.map(() => undefined)
      const payloads: (Uint8Array | undefined)[] = ordinals.map(() => undefined)
      let bytes = 0
      for (const [position, correlationId, n, cell] of results.all([
        JSON.stringify(ordinals),
        parentId,
        parentRestarts,
      ])) {
        const at = position as number
        const payload = bytesOf(n, 2, cell) ?? EMPTY
        bytes += payload.byteLength
        if (at > 0 && bytes > bytesMax) {
          correlationIds.length = at
          payloads.length = at
          break
        }
        correlationIds[at] = correlationId as string
        payloads[at] = payload
      }
      return { correlationIds, results: packPayloads(payloads) }
    },

    readJournal(callId: string, restarts: number): JournalRows {
      const rows = journal.all([restarts, callId])
      return {
        ordinals: rows.map(([ordinals]) => ordinals as string),
        entries: packPayloads(rows.map(([, cell]) => bytesOf(undefined, 0, cell) ?? EMPTY)),
      }
    },
  }
}

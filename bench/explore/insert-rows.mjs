// What it costs SQLite, by way of the driver, to insert a call: by how many values are bound, and rows of one statement.
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { makeScratchFolder, removeScratch } from '../lib/measure/scratch.mjs'

const ROWS = 50_000
const ROWS_PER_COMMIT = 1_000
const RUNS = 4

// The driver is the scheduler's, where node:sqlite is not there yet.
const require = createRequire(new URL('../../packages/scheduler/package.json', import.meta.url))
const Driver = require('libsql')

const SCHEMA = `CREATE TABLE calls (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, parent_id TEXT NOT NULL,
  parent_restarts INTEGER NOT NULL, ordinal INTEGER NOT NULL, state TEXT NOT NULL, finished_at_ms INTEGER NOT NULL,
  record TEXT NOT NULL, input, coroutine, result);
CREATE INDEX calls_live ON calls (n) WHERE state <> 'done';
CREATE INDEX calls_children ON calls (parent_id, parent_restarts, ordinal) WHERE parent_id <> '';
CREATE INDEX calls_done_roots ON calls (finished_at_ms) WHERE state = 'done' AND parent_id = '';`

const COLUMNS =
  'id, record, input, parent_id, parent_restarts, ordinal, state, finished_at_ms, coroutine, result'
const RECORD = JSON.stringify([
  '',
  '0',
  '',
  Date.now(),
  0,
  'bridge://embedded',
  'increment',
  ...Array(20).fill(0),
])
const INPUT = Buffer.alloc(52, 7)

/** What is bound of a row, and the rest as it stands in the statement. */
const BINDINGS = {
  'ten values': { values: ['', 0, 0, 'pending', 0, null, null], rest: '?, ?, ?, ?, ?, ?, ?' },
  'three values': { values: [], rest: "'', 0, 0, 'pending', 0, NULL, NULL" },
}

console.log('µs of CPU per row, the least of', RUNS)
for (const [name, { values, rest }] of Object.entries(BINDINGS)) {
  for (const rows of [1, 8, 16, 32]) {
    const micros = Array.from({ length: RUNS }, () => measure(values, rest, rows))
    console.log(`${name}, ${String(rows).padStart(2)} rows a statement: ${Math.min(...micros).toFixed(1)}`)
  }
}
removeScratch()

/**
 * @param {readonly (string | number | null)[]} values
 * @param {string} rest
 * @param {number} rows
 */
function measure(values, rest, rows) {
  const database = new Driver(join(makeScratchFolder(), 'rows.db'))
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = FULL')
  database.exec(SCHEMA)
  const row = `(?, ?, ?, ${rest})`
  const insert = database.prepare(`INSERT INTO calls (${COLUMNS}) VALUES ${Array(rows).fill(row).join(', ')}`)
  const ids = Array.from({ length: ROWS }, () => randomUUID()).sort()
  const before = process.cpuUsage()
  for (let at = 0; at < ROWS; ) {
    database.exec('BEGIN IMMEDIATE')
    for (const end = Math.min(ROWS, at + ROWS_PER_COMMIT); at + rows <= end; at += rows) {
      insert.run(ids.slice(at, at + rows).flatMap((id) => [id, RECORD, INPUT, ...values]))
    }
    database.exec('COMMIT')
    if (at + rows > ROWS) break
  }
  const { user, system } = process.cpuUsage(before)
  database.close()
  return (user + system) / ROWS
}

import { DispatchError } from '@dispatch/protocol'
import type { Database } from '../driver/driver.js'
import { RECORD_COLUMNS } from './record.js'

/** Identifies a store: `PRAGMA application_id`, "DSPN" in ASCII. */
export const APPLICATION_ID = 0x4453504e

/** Value of `calls.input`, `coroutine` and `result` when the bytes are not in the row. Otherwise bytes, or NULL for none. */
export const EMPTY_PAYLOAD = 0
export const LARGE_PAYLOAD = 1

/** SQL expression for a value in `calls.record`. */
export function recordColumn(name: (typeof RECORD_COLUMNS)[number]): string {
  return `record ->> ${RECORD_COLUMNS.indexOf(name)}`
}

/** Recreated with every version, because records grow. */
const CALL_DETAILS = `
DROP VIEW IF EXISTS call_details;
CREATE VIEW call_details AS
SELECT n, id, parent_id, parent_restarts, ordinal, state, finished_at_ms,
${RECORD_COLUMNS.map((name) => `  ${recordColumn(name)} AS ${name}`).join(',\n')}
FROM calls;
`

/**
 * `n` is the order in which calls were recorded. `coroutine` is the state of a suspended call.
 *
 * A large payload is stored in `payloads` under `4 * n + kind` (0 input, 1 coroutine, 2 result), so that a change of its
 * call does not rewrite it. The trigger deletes one that a smaller payload has replaced.
 *
 * `call_details` is for people at a SQL prompt. Virtual columns of `calls` would be computed at every insert, which
 * doubles its cost.
 */
const VERSION_1 = `
CREATE TABLE store (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE calls (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  parent_id TEXT NOT NULL,
  parent_restarts INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  state TEXT NOT NULL,
  finished_at_ms INTEGER NOT NULL,
  record TEXT NOT NULL,
  input,
  coroutine,
  result
);
CREATE INDEX calls_live ON calls (n) WHERE state <> 'done';
CREATE INDEX calls_children ON calls (parent_id, parent_restarts, ordinal) WHERE parent_id <> '';
CREATE INDEX calls_done_roots ON calls (finished_at_ms) WHERE state = 'done' AND parent_id = '';

CREATE TABLE payloads (
  n INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
);
CREATE TRIGGER calls_payload_shrunk AFTER UPDATE OF input, coroutine ON calls
WHEN (old.input IS ${LARGE_PAYLOAD} AND new.input IS NOT ${LARGE_PAYLOAD})
  OR (old.coroutine IS ${LARGE_PAYLOAD} AND new.coroutine IS NOT ${LARGE_PAYLOAD})
BEGIN
  DELETE FROM payloads WHERE n = 4 * old.n AND new.input IS NOT ${LARGE_PAYLOAD};
  DELETE FROM payloads WHERE n = 4 * old.n + 1 AND new.coroutine IS NOT ${LARGE_PAYLOAD};
END;

CREATE TABLE journal (
  call_n INTEGER NOT NULL,
  restarts INTEGER NOT NULL,
  position INTEGER NOT NULL,
  ordinals TEXT NOT NULL,
  entry,
  PRIMARY KEY (call_n, restarts, position)
) WITHOUT ROWID;
`

/** Adds the size of the input to records. Older records have 0 and do not count in `liveBytesMax`. */
const VERSION_2 = `
UPDATE calls SET record = json_insert(record, '$[#]', 0);
`

/** Statements that migrate version `index` of the schema to the next. */
const MIGRATIONS: readonly string[] = [VERSION_1, VERSION_2]

/** `PRAGMA user_version` of a store that this code reads and writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length

/**
 * The version of a store's schema; 0 for an empty file.
 *
 * @throws {DispatchError} `permanent` when the file belongs to another program or to a newer version.
 */
export function schemaVersionOf(database: Database, path: string): number {
  const applicationId = pragma(database, 'application_id')
  const version = pragma(database, 'user_version')
  const [[tables]] = database.prepare('SELECT count(*) FROM sqlite_schema').all([]) as [[number]]
  if (applicationId === 0 && version === 0 && tables === 0) return 0
  if (applicationId !== APPLICATION_ID) {
    throw new DispatchError(
      'permanent',
      `${path} is a SQLite database of another program: give the scheduler a file of its own with DISPATCH_STORE`,
    )
  }
  if (version > SCHEMA_VERSION) {
    throw new DispatchError(
      'permanent',
      `${path} was written by a newer version of @dispatch/scheduler (its schema is ${version}, this version knows ${SCHEMA_VERSION}): upgrade the package, or give it another file with DISPATCH_STORE`,
    )
  }
  return version
}

/**
 * Creates the schema in an empty file, and migrates an older store.
 *
 * @throws {DispatchError} Like {@link schemaVersionOf}, without having written.
 */
export function prepareSchema(database: Database, path: string): void {
  const version = schemaVersionOf(database, path)
  // WAL mode is stored in the file, so it must not be set before the file is known to be a store.
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = FULL')
  if (version === SCHEMA_VERSION) return
  database.exec('BEGIN EXCLUSIVE')
  for (const statements of MIGRATIONS.slice(version)) database.exec(statements)
  database.exec(CALL_DETAILS)
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
  database.exec('COMMIT')
}

function pragma(database: Database, name: string): number {
  const [[value]] = database.prepare(`PRAGMA ${name}`).all([]) as [[number]]
  return value
}

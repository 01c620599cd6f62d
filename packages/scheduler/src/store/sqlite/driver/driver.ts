// Not by its name: applications give ES module bundles a `createRequire` of their own, in a banner.
import * as nodeModule from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DispatchError } from '@dispatch/protocol'

/** The interface to SQLite that the store uses, with the same behavior for every driver. */
export interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

export interface Statement {
  /** Number of changed rows. */
  run(values: readonly SqlValue[]): number
  /** Rows as arrays of their columns; bytes as `Uint8Array` or `Buffer`. */
  all(values: readonly SqlValue[]): SqlValue[][]
}

/**
 * Numbers must be exact as doubles: node:sqlite refuses larger integers, libsql rounds them. libsql binds every
 * number as REAL, so columns of numbers are declared INTEGER. It also cuts text at a NUL.
 */
export type SqlValue = string | number | null | Uint8Array

export type DriverName = 'node:sqlite' | 'libsql'

/** The library that a store uses. */
export interface Driver {
  readonly name: DriverName
  readonly open: OpenDatabase
}

/** Opens a file; with `toRead` it is not changed, not even on close. */
export type OpenDatabase = (path: string, purpose?: 'toRead') => Database

/**
 * Loads the first available driver: node:sqlite (Node.js 22.13 and later), else the package libsql.
 *
 * @param only - Load this driver or fail.
 * @param places - Files from whose places libsql is looked for, in this order.
 * @throws {DispatchError} `permanent` when none is available.
 */
export async function loadDriver(
  only?: DriverName,
  places: readonly string[] = driverPlaces(),
): Promise<Driver> {
  const causes: unknown[] = []
  for (const name of only ? [only] : (['node:sqlite', 'libsql'] as const)) {
    try {
      return { name, open: name === 'node:sqlite' ? loadNodeSqlite() : loadLibsql(places) }
    } catch (error) {
      causes.push(error)
    }
  }
  throw new DispatchError(
    'permanent',
    `no SQLite driver (${only ?? 'node:sqlite or libsql'}) is available: run Node.js 22.13 or later, or install the package libsql`,
    { cause: new AggregateError(causes) },
  )
}

interface NodeSqlite {
  readonly DatabaseSync: new (
    path: string,
    options: { readonly readOnly: boolean },
  ) => { exec(sql: string): void; prepare(sql: string): NodeStatement; close(): void }
}

interface NodeStatement {
  run(...values: readonly SqlValue[]): { changes: number }
  all(...values: readonly SqlValue[]): unknown[]
  /** Since Node.js 22.16. */
  setReturnArrays?(enabled: boolean): void
}

function loadNodeSqlite(): OpenDatabase {
  const sqlite = loadQuietly('node:sqlite') as NodeSqlite | undefined
  if (sqlite === undefined) throw new Error(`node:sqlite does not exist in Node.js ${process.version}`)
  const { DatabaseSync } = sqlite
  return (path, purpose) => {
    const database = new DatabaseSync(path, { readOnly: purpose === 'toRead' })
    return {
      exec: (sql) => database.exec(sql),
      close: () => database.close(),
      prepare: (sql) => {
        const statement = database.prepare(sql)
        statement.setReturnArrays?.(true)
        return {
          run: (values) => statement.run(...values).changes,
          all: (values) =>
            statement.all(...values).map((row) => (Array.isArray(row) ? row : Object.values(row as object))),
        }
      },
    }
  }
}

/** Node.js 22 warns that node:sqlite is experimental. Runs in the store's own thread, so nothing else is muted. */
function loadQuietly(name: string): unknown {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule(name)
  } finally {
    process.emitWarning = emitWarning
  }
}

interface LibsqlDatabase {
  exec(sql: string): void
  prepare(sql: string): LibsqlStatement
  close(): void
}

interface LibsqlStatement {
  run(values: readonly SqlValue[]): { changes: number }
  all(values: readonly SqlValue[]): SqlValue[][]
  /** Fails for a statement that returns no rows. */
  raw(enabled: boolean): void
  readonly reader: boolean
}

/**
 * Files from whose places libsql can be found: this module; the program, beside which it stands when that is a bundle; the
 * working directory. For the thread of the store, whose program need not be in a file.
 */
export function driverPlaces(): string[] {
  const moduleUrl: string | undefined = import.meta.url
  return [moduleUrl, process.argv[1], join(process.cwd(), 'index.js')].filter((place) => place !== undefined)
}

function loadLibsql(places: readonly string[]): OpenDatabase {
  const Libsql = requireFrom(places, 'libsql') as new (path: string) => LibsqlDatabase
  return (path, purpose) => {
    // libsql has no option for this.
    const database = new Libsql(purpose === 'toRead' ? `${pathToFileURL(path)}?mode=ro` : path)
    return {
      exec: (sql) => database.exec(sql),
      close: () => database.close(),
      prepare: (sql) => {
        const statement = database.prepare(sql)
        if (statement.reader) statement.raw(true)
        return { run: (values) => statement.run(values).changes, all: (values) => statement.all(values) }
      },
    }
  }
}

/** The package as it is found from the first place that has it. @throws What came of the first place, when none has. */
function requireFrom(places: readonly string[], name: string): unknown {
  const causes: unknown[] = []
  for (const place of places) {
    try {
      return nodeModule.createRequire(place)(name)
    } catch (error) {
      causes.push(error)
    }
  }
  throw causes[0]
}

import { createRequire } from 'node:module'

/** A SQLite file as any other program would open it. */
export interface SqliteFile {
  exec(sql: string): void
  prepare(sql: string): { all(values: readonly unknown[]): Record<string, unknown>[] }
  close(): void
}

/** Opens a file with libsql, past the store. */
export function openSqlite(path: string): SqliteFile {
  const Libsql = createRequire(import.meta.url)('libsql') as new (path: string) => SqliteFile
  return new Libsql(path)
}

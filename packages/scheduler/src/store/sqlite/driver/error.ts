import { DispatchError, type FailureStatus } from '@dispatch/protocol'
import { messageOfError } from '@dispatch/protocol/text'

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html) that the store distinguishes. */
export const SQLITE = { BUSY: 5, CANTOPEN: 14, CONSTRAINT: 19 } as const

interface Failure {
  readonly status: FailureStatus
  readonly text: string
}

const NOT_WRITABLE: Failure = {
  status: 'permanent',
  text: 'cannot be written: check the permissions of the file, of those beside it and of its directory',
}
const TOO_MANY_FILES: Failure = {
  status: 'temporary',
  text: 'cannot be opened: too many files are open, raise the limit (ulimit -n)',
}

/** Status and message of a result code, for the operator. Codes without a row are `permanent`. */
const FAILURES: Readonly<Record<number, Failure>> = {
  5: { status: 'temporary', text: 'is locked by another program' },
  6: { status: 'temporary', text: 'is locked by another program' },
  7: { status: 'temporary', text: 'cannot be used: out of memory' },
  8: NOT_WRITABLE,
  10: { status: 'temporary', text: 'cannot be read or written: the disk failed' },
  11: { status: 'permanent', text: 'is damaged: restore it from a backup, or move it away to start empty' },
  13: { status: 'temporary', text: 'cannot grow: the disk is full' },
  14: { status: 'permanent', text: 'cannot be opened: check the path and its permissions' },
  26: {
    status: 'permanent',
    text: 'is not a SQLite database: give the scheduler a file of its own with DISPATCH_STORE',
  },
}

/** Status and message of an error code of the file system. */
const SYSTEM_FAILURES: Readonly<Record<string, Failure>> = {
  EACCES: NOT_WRITABLE,
  EPERM: NOT_WRITABLE,
  EROFS: NOT_WRITABLE,
  EMFILE: TOO_MANY_FILES,
  ENFILE: TOO_MANY_FILES,
  ENOSPC: { status: 'temporary', text: 'cannot grow: the disk is full' },
}

/** The `DispatchError` for an error of a driver or of the file system at the store at `path`. */
export function storeError(error: unknown, path: string): DispatchError {
  if (error instanceof DispatchError) return error
  const code = sqliteCodeOf(error)
  const message = messageOfError(error)
  const row =
    code === undefined ? SYSTEM_FAILURES[String((error as { code?: unknown }).code)] : FAILURES[code]
  if (row !== undefined)
    return new DispatchError(row.status, `${path} ${row.text} (${message})`, { cause: error })
  // A record that is not valid JSON.
  if (error instanceof SyntaxError)
    return new DispatchError('permanent', `${path} is damaged (${message})`, { cause: error })
  return new DispatchError('permanent', `${path}: ${message}`, { cause: error })
}

/** SQLite's primary result code of an error of any driver, or `undefined`. */
export function sqliteCodeOf(error: unknown): number | undefined {
  const { errcode, rawCode, message } = error as { errcode?: unknown; rawCode?: unknown; message?: unknown }
  if (typeof errcode === 'number') return errcode & 0xff
  if (typeof rawCode === 'number') return rawCode & 0xff
  // libsql, when it cannot open a file: `ConnectionFailed("Unable to open connection to local database …: 14")`.
  const code = /^ConnectionFailed\(.*: (\d+)"\)$/s.exec(String(message))?.[1]
  return code === undefined ? undefined : Number(code) & 0xff
}

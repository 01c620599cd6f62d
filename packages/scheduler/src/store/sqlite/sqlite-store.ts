import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import type { Logger } from '@dispatch/protocol'
import {
  checkInteger,
  checkOptions,
  checkStorePath,
  describeValue,
  type OptionNames,
} from '@dispatch/protocol/text'
import { foldWrites } from '../fold-writes.js'
import type { FinishedChild, Payloads, Store, StoredJournalEntry, Write } from '../store.js'
import type { DriverName } from './driver/driver.js'
import type { CallRow, FinishedRow, JournalRows, ResultRows } from './file/queries.js'
import { partsOf } from './rows/commit-parts.js'
import { type PackedPayloads, unpackPayloads } from './rows/messages.js'
import { decodeCall } from './rows/record.js'
import { StoreThread } from './thread/store-thread.js'

/** Options of {@link createSqliteStore}. */
export interface SqliteStoreOptions {
  /**
   * File of the store; its directory is created if needed. Beside it are `-wal`, `-shm` and `-lock`. Other processes may
   * read it while it is in use, but not another SQLite library in this process: POSIX locks belong to the process, and
   * closing the file in one library would release the lock of the other.
   */
  readonly path: string
  /** Maximum size of the file in bytes; a commit that needs more fails with `temporary`. Default: no limit. */
  readonly fileBytesMax?: number
  /** The SQLite driver to use. Default: `node:sqlite`; `libsql` where Node.js has none. */
  readonly driver?: DriverName
  /** Receives a message when the store's thread has ended and another replaces it. Default: none. */
  readonly logger?: Logger
}

const STORE_OPTIONS = {
  path: ['file', 'filename', 'store', 'url'],
  fileBytesMax: ['maxFileSize'],
  driver: [],
  logger: ['log'],
} as const satisfies OptionNames<SqliteStoreOptions>

/**
 * A store in one SQLite file, for one process. It runs in a thread of its own, which does not keep the process alive
 * while it is idle.
 *
 * @throws {TypeError} When an option does not exist, `path` is empty or a URL, or `fileBytesMax` is not an integer.
 */
export function createSqliteStore(storeOptions: SqliteStoreOptions): Store {
  checkOptions(storeOptions, 'createSqliteStore(options)', STORE_OPTIONS)
  const { path, fileBytesMax, driver, logger } = storeOptions
  if (typeof path !== 'string' || path === '') {
    throw new TypeError(
      `createSqliteStore(options).path: expected the path of a file, got ${describeValue(path)}`,
    )
  }
  checkStorePath(path, 'createSqliteStore(options).path')
  checkInteger(fileBytesMax, 'option fileBytesMax', { min: 1, max: Number.MAX_SAFE_INTEGER })
  const options = { path: resolve(path), fileBytesMax, driver, holder: randomUUID() }
  const thread = new StoreThread(options, logger)
  const ask: StoreThread['ask'] = (...request) => thread.ask(...request)

  return {
    open: () => thread.open(),

    async load(take): Promise<FinishedChild[]> {
      const onPart = (rows: unknown) => take((rows as CallRow[]).map(decodeCall))
      const finished = (await ask({ op: 'load' }, undefined, onPart)) as FinishedRow[]
      return finished.map(decodeFinished)
    },

    async commit(writes: readonly Write[]) {
      await thread.commit(partsOf(foldWrites(writes)))
    },

    async readPayloads(ids) {
      const payloads = unpackPayloads((await ask({ op: 'readPayloads', ids })) as PackedPayloads)
      return ids.map((_, index) => {
        const found = payloadsOf(payloads.slice(3 * index, 3 * index + 3))
        // Every call has an input.
        return found.input === undefined ? undefined : found
      })
    },

    async readCall(callId) {
      const found = await ask({ op: 'readCall', callId })
      if (found === undefined) return undefined
      const { row, payloads } = found as { row: CallRow; payloads: PackedPayloads }
      return { call: decodeCall(row), payloads: payloadsOf(unpackPayloads(payloads)) }
    },

    async existing(ids) {
      return new Map((await ask({ op: 'existing', ids })) as [id: string, tenant: string][])
    },

    async highestId(bound) {
      return (await ask({ op: 'highestId', bound })) as string
    },

    async readResults(parentId, parentRestarts, ordinals, bytesMax = Number.POSITIVE_INFINITY) {
      const request = { op: 'readResults', parentId, parentRestarts, ordinals, bytesMax } as const
      const rows = (await ask(request)) as ResultRows
      return unpackPayloads(rows.results).map((result, index) => {
        const correlationId = rows.correlationIds[index]
        return result && correlationId !== undefined
          ? { correlationId: BigInt(correlationId), result }
          : undefined
      })
    },

    async readJournal(callId, restarts): Promise<StoredJournalEntry[]> {
      const rows = (await ask({ op: 'readJournal', callId, restarts })) as JournalRows
      const entries = unpackPayloads(rows.entries)
      return rows.ordinals.map((text, index) => {
        return { ordinals: JSON.parse(text) as number[], entry: entries[index] ?? new Uint8Array(0) }
      })
    },

    async prune(beforeMs, treesMax) {
      return (await ask({ op: 'prune', beforeMs, treesMax })) as number
    },

    close: () => thread.close(),
  }
}

function payloadsOf([input, state, result]: readonly (Uint8Array | undefined)[]): Payloads {
  return { input, state, result }
}

function decodeFinished(row: FinishedRow): FinishedChild {
  const [parentId, parentRestarts, ordinal, correlationId, statusCode] = row as [
    string,
    number,
    number,
    string,
    number,
  ]
  return { parentId, parentRestarts, ordinal, correlationId: BigInt(correlationId), statusCode }
}

import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { DispatchError } from '@dispatch/protocol'
import { foldWrites } from '../fold-writes.js'
import type {
  CallRecord,
  FinishedChild,
  Payloads,
  Store,
  StoredJournalEntry,
  StoreSnapshot,
  Write,
} from '../store.js'
import {
  encodeCommit,
  type PackedPayloads,
  type StoreReply,
  type StoreRequest,
  unpackPayloads,
} from './messages.js'
import { decodeCall } from './record.js'
import type { DriverName } from './sqlite-driver.js'
import { storeError } from './sqlite-error.js'
import type { CallRow, FinishedRow, JournalRows, ResultRows } from './sqlite-queries.js'

export interface SqliteStoreOptions {
  /** File of the store; its directory is made when it does not exist. Beside it stand `-wal`, `-shm`, `-lock`. */
  readonly path: string
  /** Largest size of the file; a commit that needs more fails with `temporary`. No limit by default. */
  readonly fileBytesMax?: number
  /** The SQLite driver to use; by default `node:sqlite` where there is one, else `libsql`. */
  readonly driver?: DriverName
}

/** `Omit` for each member of a union. */
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never
type Operation = WithoutId<StoreRequest>

interface PendingRequest {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: DispatchError) => void
  readonly onPart: ((part: unknown) => void) | undefined
}

/**
 * A store in one SQLite file, for one process. It has a thread of its own, which does not keep the process alive
 * while nothing is asked of it.
 *
 * @throws {TypeError} When `path` is empty.
 */
export function createSqliteStore({ path, fileBytesMax, driver }: SqliteStoreOptions): Store {
  if (typeof path !== 'string' || path === '') {
    throw new TypeError(`createSqliteStore({ path }): wanted the path of a file, got ${JSON.stringify(path)}`)
  }
  const absolutePath = resolve(path)
  const thread = new StoreThread(absolutePath)

  return {
    open: () => thread.open({ op: 'open', options: { path: absolutePath, fileBytesMax, driver } }),

    async load(): Promise<StoreSnapshot> {
      const calls: CallRecord[] = []
      const onPart = (rows: unknown) => {
        for (const row of rows as CallRow[]) calls.push(decodeCall(row))
      }
      const finished = (await thread.ask({ op: 'load' }, undefined, onPart)) as FinishedRow[]
      return { calls, finished: finished.map(decodeFinished) }
    },

    async commit(writes: readonly Write[]) {
      const batch = encodeCommit(foldWrites(writes))
      await thread.ask({ op: 'commit', batch }, batch.bytes)
    },

    async readPayloads(ids) {
      const payloads = unpackPayloads((await thread.ask({ op: 'readPayloads', ids })) as PackedPayloads)
      return ids.map((_, index) => {
        const found = payloadsOf(payloads.slice(3 * index, 3 * index + 3))
        // Every call has an input.
        return found.input === undefined ? undefined : found
      })
    },

    async readCall(callId) {
      const found = await thread.ask({ op: 'readCall', callId })
      if (found === undefined) return undefined
      const { row, payloads } = found as { row: CallRow; payloads: PackedPayloads }
      return { call: decodeCall(row), payloads: payloadsOf(unpackPayloads(payloads)) }
    },

    async existing(ids) {
      return new Set((await thread.ask({ op: 'existing', ids })) as string[])
    },

    async readResults(parentId, parentRestarts, ordinals) {
      const request = { op: 'readResults', parentId, parentRestarts, ordinals } as const
      const rows = (await thread.ask(request)) as ResultRows
      return unpackPayloads(rows.results).map((result, index) => {
        const correlationId = rows.correlationIds[index]
        return result && correlationId !== undefined
          ? { correlationId: BigInt(correlationId), result }
          : undefined
      })
    },

    async readJournal(callId, restarts): Promise<StoredJournalEntry[]> {
      const rows = (await thread.ask({ op: 'readJournal', callId, restarts })) as JournalRows
      const entries = unpackPayloads(rows.entries)
      return rows.ordinals.map((text, index) => {
        return { ordinals: JSON.parse(text) as number[], entry: entries[index] ?? new Uint8Array(0) }
      })
    },

    async prune(beforeMs, treesMax) {
      return (await thread.ask({ op: 'prune', beforeMs, treesMax })) as number
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

/** The store's thread as the application sees it. Requests are answered in order; none is lost without an error. */
class StoreThread {
  readonly #path: string
  #worker: Worker | undefined
  /** Why nothing can be asked any more, or not yet. */
  #refusal: DispatchError | undefined
  #lastId = 0
  readonly #pending = new Map<number, PendingRequest>()

  constructor(path: string) {
    this.#path = path
    this.#refusal = new DispatchError('permanent', `the store ${path} is not open`)
  }

  async open(operation: Operation): Promise<void> {
    if (this.#worker !== undefined)
      throw new DispatchError('permanent', `the store ${this.#path} is open already`)
    // No execArgv: a loader of the application's has no business here and takes time to start.
    const worker = new Worker(new URL('./sqlite-worker.js', import.meta.url), {
      execArgv: [],
      name: 'dispatch-store',
    })
    worker.unref()
    worker.on('message', (reply: StoreReply) => this.#settle(reply))
    worker.on('error', (error) => this.#fail(worker, error))
    worker.on('exit', (code) => this.#fail(worker, new Error(`exit code ${code}`)))
    this.#worker = worker
    this.#refusal = undefined
    try {
      await this.ask(operation)
    } catch (error) {
      await this.#end(worker, `the store ${this.#path} is not open`)
      throw error
    }
  }

  /**
   * @param transfer - Memory that goes over to the store's thread and is gone here.
   * @throws {DispatchError}
   */
  ask(operation: Operation, transfer?: Uint8Array, onPart?: (part: unknown) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#worker === undefined || this.#refusal !== undefined) {
        reject(this.#refusal)
        return
      }
      const id = ++this.#lastId
      this.#pending.set(id, { resolve, reject, onPart })
      if (this.#pending.size === 1) this.#worker.ref()
      this.#worker.postMessage(
        { ...operation, id },
        transfer === undefined ? [] : [transfer.buffer as ArrayBuffer],
      )
    })
  }

  /** Ends the thread after everything that was asked before. Closing twice is no error. */
  async close(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined || this.#refusal !== undefined) return
    const closed = this.ask({ op: 'close' })
    this.#refusal = new DispatchError('permanent', `the store ${this.#path} is closed`)
    try {
      await closed
    } finally {
      await this.#end(worker, `the store ${this.#path} is closed`)
    }
  }

  #settle(reply: StoreReply): void {
    const request = this.#pending.get(reply.id)
    if (request === undefined) return
    try {
      if ('part' in reply) {
        request.onPart?.(reply.part)
        return
      }
      this.#forget(reply.id)
      if ('failure' in reply) request.reject(new DispatchError(reply.failure.status, reply.failure.message))
      else request.resolve(reply.value)
    } catch (error) {
      this.#forget(reply.id)
      request.reject(storeError(error, this.#path))
    }
  }

  #forget(id: number): void {
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#worker?.unref()
  }

  #fail(worker: Worker, cause: Error): void {
    if (worker !== this.#worker) return
    this.#refuse(
      new DispatchError('permanent', `the thread of the store ${this.#path} has ended: ${cause.message}`, {
        cause,
      }),
    )
  }

  async #end(worker: Worker, reason: string): Promise<void> {
    this.#worker = undefined
    this.#refuse(new DispatchError('permanent', reason))
    await worker.terminate()
  }

  #refuse(error: DispatchError): void {
    this.#refusal = error
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}

import { Worker } from 'node:worker_threads'
import { DispatchError } from '@dispatch/protocol'
import type { StoreReply, StoreRequest } from './messages.js'
import { storeError } from './sqlite-error.js'
import { closeGate, createWorkGateMemory, type WorkGateMemory } from './work-gate.js'

/** `Omit` for each member of a union. */
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never
type Operation = WithoutId<StoreRequest>

interface PendingRequest {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: DispatchError) => void
  readonly onPart: ((part: unknown) => void) | undefined
}

/** The store's thread as the application sees it. Requests are answered in order; none is lost without an error. */
export class StoreThread {
  readonly #path: string
  #worker: Worker | undefined
  /** Why nothing can be asked any more, or not yet. */
  #refusal: DispatchError | undefined
  #lastId = 0
  readonly #pending = new Map<number, PendingRequest>()
  #gate: WorkGateMemory | undefined
  readonly #onExit = () => {
    if (this.#gate !== undefined) closeGate(this.#gate)
  }

  constructor(path: string) {
    this.#path = path
    this.#refusal = new DispatchError('permanent', `the store ${path} is not open`)
  }

  async open(operation: Operation): Promise<void> {
    if (this.#worker !== undefined)
      throw new DispatchError('permanent', `the store ${this.#path} is open already`)
    const gate = createWorkGateMemory()
    // No execArgv: a loader of the application's has no business here and takes time to start.
    const worker = new Worker(new URL('./sqlite-worker.js', import.meta.url), {
      execArgv: [],
      name: 'dispatch-store',
      workerData: gate,
    })
    worker.unref()
    worker.on('message', (reply: StoreReply) => this.#settle(reply))
    worker.on('error', (error) => this.#fail(worker, error))
    worker.on('exit', (code) => this.#fail(worker, new Error(`exit code ${code}`)))
    this.#worker = worker
    this.#gate = gate
    process.once('exit', this.#onExit)
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
      try {
        this.#worker.postMessage(
          { ...operation, id },
          transfer === undefined ? [] : [transfer.buffer as ArrayBuffer],
        )
      } catch (error) {
        this.#forget(id)
        reject(storeError(error, this.#path))
      }
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
    process.off('exit', this.#onExit)
    this.#refuse(new DispatchError('permanent', reason))
    await worker.terminate()
  }

  #refuse(error: DispatchError): void {
    this.#refusal = error
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}

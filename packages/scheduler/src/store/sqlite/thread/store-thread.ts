import { Worker } from 'node:worker_threads'
import { DispatchError, type Logger } from '@dispatch/protocol'
import { setImmediate } from '@dispatch/protocol/time'
import { driverPlaces } from '../driver/driver.js'
import { storeError } from '../driver/error.js'
import type {
  CommitPart,
  StoreFileOptions,
  StoreReply,
  StoreRequest,
  StoreWorkerData,
} from '../rows/messages.js'
import {
  type CommitProgress,
  closeGate,
  commitProgress,
  createWorkGateMemory,
  type WorkGateMemory,
} from './work-gate.js'
import { WORKER_PROGRAM } from './worker-program.js'

/**
 * Memory of the thread for what it has just made and soon forgets. By default it may grow to 48 MB and is kept; with a
 * tenth of that the thread takes 5 MB more than its code, however many rows pass through it.
 */
const YOUNG_GENERATION_MB = 4

/** `Omit` for each member of a union. */
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never
type Operation = WithoutId<StoreRequest>

interface PendingRequest {
  readonly op: Operation['op']
  readonly resolve: (value: unknown) => void
  readonly reject: (error: DispatchError) => void
  readonly onPart: ((part: unknown) => void) | undefined
}

/** A thread that works, and what it shares with us. */
interface LiveThread {
  readonly worker: Worker
  readonly gate: WorkGateMemory
  cause: Error | undefined
}

/**
 * The store's thread as the application sees it.
 *
 *  F1 Requests are answered in the order in which they were asked; none is lost without an error. Nothing comes between
 *     the parts of a commit.
 *  F2 A thread that has ended unexpectedly, out of memory for example, is replaced at the next request. What was
 *     asked of it fails with `temporary`: nothing of it was done.
 *  F3 This is known from the memory shared with the thread, which has the progress of its commit. A commit that was
 *     done without having been answered succeeds. For one that ended in the middle of SQLite's COMMIT it is unknown:
 *     the store is used up then, and a restart finds out.
 *  F4 The lock is free for a moment between two threads. When another process, or store, has had the file meanwhile
 *     the new thread is refused, and the store used up (lock.ts).
 */
export class StoreThread {
  readonly #options: StoreFileOptions
  readonly #logger: Logger | undefined
  #thread: LiveThread | undefined
  /** The start of a thread that takes the place of another. */
  #restart: Promise<void> | undefined
  /** Ends when all parts of the last commit have been sent. */
  #sending: Promise<void> | undefined
  /** Why nothing can be asked any more, or not yet. */
  #refusal: DispatchError | undefined
  #lastId = 0
  readonly #pending = new Map<number, PendingRequest>()
  readonly #onExit = () => {
    if (this.#thread !== undefined) closeGate(this.#thread.gate)
  }

  constructor(options: StoreFileOptions, logger: Logger | undefined) {
    this.#options = options
    this.#logger = logger
    this.#refusal = this.#error('permanent', 'is not open')
  }

  async open(): Promise<void> {
    if (this.#refusal === undefined) throw this.#error('permanent', 'is open already')
    process.once('exit', this.#onExit)
    this.#refusal = undefined
    try {
      await this.#start(false)
    } catch (error) {
      await this.#useUp(this.#error('permanent', 'is not open'))
      throw error
    }
  }

  /**
   * @param transfer - Memory that goes over to the store's thread and is gone here.
   * @throws {DispatchError}
   */
  ask(
    operation: Operation,
    transfer: readonly Uint8Array[] = [],
    onPart?: (part: unknown) => void,
  ): Promise<unknown> {
    return this.#afterParts(() => this.#withThread(() => this.#send(operation, transfer, onPart)))
  }

  /**
   * Commits what comes in parts. Each is made in a turn of the event loop of its own, while the thread writes the one
   * before.
   *
   * @param parts - Makes one of them, the first to be sent first; at least one.
   * @throws {DispatchError}
   */
  commit(parts: readonly (() => CommitPart)[]): Promise<unknown> {
    let sent = (): void => {}
    const answer = this.#afterParts(() => this.#withThread(() => this.#sendParts(parts, () => sent())))
    if (parts.length === 1) return answer
    const sending = new Promise<void>((resolve) => {
      sent = () => {
        if (this.#sending === sending) this.#sending = undefined
        resolve()
      }
    })
    this.#sending = sending
    answer.catch(sent)
    return answer
  }

  /** F1 */
  #afterParts<T>(work: () => Promise<T>): Promise<T> {
    return this.#sending === undefined ? work() : this.#sending.then(work)
  }

  /** F2 */
  #withThread<T>(work: () => Promise<T>): Promise<T> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal)
    if (this.#thread === undefined && this.#restart === undefined) this.#beginRestart()
    return this.#restart === undefined ? work() : this.#restart.then(work)
  }

  /** Ends the thread after everything that was asked before. Closing twice is no error. */
  close(): Promise<void> {
    return this.#afterParts(() => {
      const close = () => this.#close()
      return this.#restart === undefined ? close() : this.#restart.then(close, close)
    })
  }

  async #close(): Promise<void> {
    if (this.#refusal !== undefined) return
    const closed = this.#thread === undefined ? undefined : this.#send({ op: 'close' })
    this.#refusal = this.#error('permanent', 'is closed')
    try {
      await closed
    } finally {
      await this.#useUp(this.#refusal)
    }
  }

  async #start(isReplacement: boolean): Promise<void> {
    const gate = createWorkGateMemory()
    // No execArgv: a loader of the application's has no business here and takes time to start.
    const worker = new Worker(WORKER_PROGRAM.program, {
      eval: WORKER_PROGRAM.isText,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      name: 'dispatch-store',
      workerData: { gate, driverPlaces: driverPlaces() } satisfies StoreWorkerData,
    })
    const thread: LiveThread = { worker, gate, cause: undefined }
    worker.unref()
    worker.on('message', (reply: StoreReply) => this.#settle(reply))
    worker.on('error', (error) => {
      thread.cause = error
    })
    // Only now has every answer come that was sent.
    worker.on('exit', (code) => this.#ended(thread, thread.cause ?? new Error(`exit code ${code}`)))
    this.#thread = thread
    const driver = await this.#send({ op: 'open', options: this.#options, isReplacement })
    this.#logger?.debug({ path: this.#options.path, driver }, 'the store is open')
  }

  /** F2. What is asked meanwhile follows in order (F1), so this is over before any of that is sent. */
  #beginRestart(): void {
    const over = (): void => {
      this.#restart = undefined
    }
    this.#restart = this.#replace()
    this.#restart.then(over, over)
  }

  async #replace(): Promise<void> {
    try {
      await this.#start(true)
    } catch (error) {
      const failure = storeError(error, this.#options.path)
      if (failure.status === 'permanent') await this.#useUp(failure)
      else await this.#drop()
      throw failure
    }
  }

  #send(
    operation: Operation,
    transfer: readonly Uint8Array[] = [],
    onPart?: (part: unknown) => void,
  ): Promise<unknown> {
    const { id, answer } = this.#expect(operation.op, onPart)
    try {
      this.#post({ ...operation, id }, transfer)
    } catch (error) {
      this.#fail(id, error)
    }
    return answer
  }

  /** @param sent - Is called when there is nothing left to send. */
  #sendParts(parts: readonly (() => CommitPart)[], sent: () => void): Promise<unknown> {
    const { id, answer } = this.#expect('commit')
    const sendFrom = (index: number): void => {
      // It has failed, in one of its parts or with its thread. A thread that has replaced it has no record of it (F2).
      if (!this.#pending.has(id)) {
        sent()
        return
      }
      const isLast = index === parts.length - 1
      try {
        const part = (parts[index] as () => CommitPart)()
        this.#post({ id, op: 'commit', part, isLast }, [part.bytes])
      } catch (error) {
        // It could not be made, or not be sent.
        this.#post({ id, op: 'rollback' })
        this.#fail(id, error)
      }
      if (isLast) sent()
      else setImmediate(() => sendFrom(index + 1))
    }
    sendFrom(0)
    return answer
  }

  /** Whoever asks waits for the answer to a message that has this id. */
  #expect(op: Operation['op'], onPart?: (part: unknown) => void) {
    const id = ++this.#lastId
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { op, resolve, reject, onPart })
    })
    if (this.#pending.size === 1) this.#thread?.worker.ref()
    if (this.#thread === undefined) {
      this.#fail(id, this.#refusal ?? this.#error('temporary', 'has no thread at present'))
    }
    return { id, answer }
  }

  /** @throws {DOMException} `DataCloneError`. */
  #post(request: StoreRequest, transfer: readonly Uint8Array[] = []): void {
    this.#thread?.worker.postMessage(
      request,
      transfer.map(({ buffer }) => buffer as ArrayBuffer),
    )
  }

  #fail(id: number, error: unknown): void {
    const request = this.#pending.get(id)
    this.#forget(id)
    request?.reject(storeError(error, this.#options.path))
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
      request.reject(storeError(error, this.#options.path))
    }
  }

  #forget(id: number): void {
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#thread?.worker.unref()
  }

  #ended(thread: LiveThread, cause: Error): void {
    if (thread !== this.#thread) return
    this.#thread = undefined
    const { path } = this.#options
    this.#logger?.error(
      { err: cause, path },
      'the thread of the store has ended; the next request starts another',
    )
    const lost = this.#error('temporary', `has lost its thread: ${cause.message}`, cause)
    const pending = [...this.#pending]
    this.#pending.clear()
    for (const [id, { op, resolve, reject }] of pending) {
      const progress: CommitProgress = op === 'commit' ? commitProgress(thread.gate, id) : 'not done'
      if (progress === 'done') resolve(undefined)
      else if (progress === 'not done') reject(lost)
      else {
        const unknown =
          'has lost its thread in the middle of a commit: a restart tells whether that was recorded'
        this.#refusal = this.#error('permanent', unknown, cause)
        reject(this.#refusal)
      }
    }
  }

  /** Nothing is asked any more, for this reason. */
  async #useUp(reason: DispatchError): Promise<void> {
    this.#refusal = reason
    process.off('exit', this.#onExit)
    for (const { reject } of this.#pending.values()) reject(reason)
    this.#pending.clear()
    await this.#drop()
  }

  async #drop(): Promise<void> {
    const thread = this.#thread
    this.#thread = undefined
    await thread?.worker.terminate()
  }

  #error(status: 'permanent' | 'temporary', text: string, cause?: unknown): DispatchError {
    return new DispatchError(status, `the store ${this.#options.path} ${text}`, { cause })
  }
}

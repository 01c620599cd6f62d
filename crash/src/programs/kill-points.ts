import { createRequire, syncBuiltinESMExports } from 'node:module'
import { Worker } from 'node:worker_threads'

/** Points at which a process kills itself: an external signal would not arrive in time. */
export const STORE_POINTS = [
  /** The first commit of a new file, which creates its tables. */
  'schema',
  'schema-commit',
  /** The lock is held and the file is not yet open. */
  'lock',
  'open',
  /** The contents of the store are being read. */
  'load',
  /** A commit is about to begin: for example, a run has ended and that is not yet recorded. */
  'begin',
  'write',
  'before-commit',
  /** Within SQLite's COMMIT, while it writes or syncs. */
  'in-commit',
  /** The same with a checkpoint at every COMMIT. */
  'checkpoint',
  /** The commit is durable and not yet acknowledged. */
  'after-commit',
  /** While the file is being closed, which checkpoints the log. */
  'close',
] as const

export const APP_POINTS = [
  /** A dispatch was acknowledged to the client. */
  'acknowledged',
  /** An external step was requested and not answered. */
  'effect-sent',
  /** The step was answered and the run has not ended. */
  'effect-done',
] as const

export type StorePoint = (typeof STORE_POINTS)[number]
export type KillPoint = StorePoint | (typeof APP_POINTS)[number]

export interface Armed {
  readonly point: KillPoint
  /** Which pass of the point, counted from 1. */
  readonly time: number
  /** Delay after reaching the point, in microseconds; only for points that take time. */
  readonly delayUs: number
}

/** Start parameters of the store's thread under the harness. */
export interface StoreThreadData {
  readonly armed: Armed
  /** The start parameters that the store passes to its thread. */
  readonly workerData: unknown
  readonly program: string
  /** Shared memory that triggers the killer. */
  readonly trigger: SharedArrayBuffer
}

let armed: Armed | undefined
let hits = 0

/** Makes this process kill itself at a point. Must be called before a store is created. */
export function arm(where: Armed | undefined): void {
  armed = where
  if (where === undefined || !(STORE_POINTS as readonly string[]).includes(where.point)) return
  const trigger = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  new Worker(new URL('./killer.js', import.meta.url), {
    workerData: { trigger, delayUs: where.delayUs },
  }).unref()
  replaceStoreThread(where, trigger)
}

/** Marks that the application has reached a point. */
export function at(point: KillPoint): void {
  if (armed?.point === point && ++hits === armed.time) die()
}

export function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** Starts the store's thread with our program, which then loads the store's own. */
function replaceStoreThread(where: Armed, trigger: SharedArrayBuffer): void {
  const threads = createRequire(import.meta.url)('node:worker_threads') as { Worker: typeof Worker }
  threads.Worker = class extends Worker {
    constructor(program: string | URL, options: ConstructorParameters<typeof Worker>[1]) {
      const workerData: StoreThreadData = {
        armed: where,
        workerData: options?.workerData,
        program: String(program),
        trigger,
      }
      super(new URL('./store-thread.js', import.meta.url), { ...options, workerData })
    }
  }
  syncBuiltinESMExports()
}

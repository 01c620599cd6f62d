import { createRequire, syncBuiltinESMExports } from 'node:module'
import { Worker } from 'node:worker_threads'

/** Where in its work a process may be killed, by itself: no signal from outside would arrive in time. */
export const STORE_POINTS = [
  /** The first commit of a new file makes its tables. */
  'schema',
  'schema-commit',
  /** The lock is had, and the file not yet open. */
  'lock',
  'open',
  /** What the store holds is being read. */
  'load',
  /** A commit is about to begin: a run has ended, say, and nothing of that is recorded. */
  'begin',
  'write',
  'before-commit',
  /** Within SQLite's COMMIT: while it writes, or syncs. */
  'in-commit',
  /** The same, where every COMMIT writes the log into the file. */
  'checkpoint',
  /** Durable, and nobody has heard of it. */
  'after-commit',
  /** Within the close of the file, which writes the log into it. */
  'close',
] as const

export const APP_POINTS = [
  /** A dispatch was acknowledged to the client. */
  'acknowledged',
  /** A step was asked for outside, and not answered. */
  'effect-sent',
  /** It was answered, and the run has not ended. */
  'effect-done',
] as const

export type StorePoint = (typeof STORE_POINTS)[number]
export type KillPoint = StorePoint | (typeof APP_POINTS)[number]

export interface Armed {
  readonly point: KillPoint
  /** The how manieth time. */
  readonly time: number
  /** How far into what happens there; only for what takes a while. */
  readonly delayUs: number
}

/** What the thread of the store is started with under a harness. */
export interface StoreThreadData {
  readonly armed: Armed
  /** What the store itself starts its thread with. */
  readonly workerData: unknown
  readonly program: string
  /** Memory by which the killer is told. */
  readonly trigger: SharedArrayBuffer
}

let armed: Armed | undefined
let hits = 0

/** Makes this process kill itself there. To be called before a store is made. */
export function arm(where: Armed | undefined): void {
  armed = where
  if (where === undefined || !(STORE_POINTS as readonly string[]).includes(where.point)) return
  const trigger = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  new Worker(new URL('./killer.js', import.meta.url), {
    workerData: { trigger, delayUs: where.delayUs },
  }).unref()
  replaceStoreThread(where, trigger)
}

/** Says that an application is at a point. */
export function at(point: KillPoint): void {
  if (armed?.point === point && ++hits === armed.time) die()
}

export function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** Lets the thread of a store begin with a program of ours, which then loads the store's own. */
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

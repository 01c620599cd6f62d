import { AsyncLocalStorage } from 'node:async_hooks'
import { handledRejection } from '../waits/promises.js'
import type { Coroutine } from './coroutine.js'

type Storage = AsyncLocalStorage<Coroutine | undefined>

const STORAGE_KEY = Symbol.for('dispatch.coroutine')

const STORAGE = sharedStorage()

/** The coroutine whose handler the caller is a part of; `undefined` outside of functions. */
export function currentCoroutine(): Coroutine | undefined {
  return STORAGE.getStore()
}

/**
 * A promise for whoever called: a handler may drop it, elsewhere a failure that nobody looks at stays loud. To be used
 * by the outermost function, whose promise is the one that is given away.
 */
export function droppableInside<T>(promise: Promise<T>): Promise<T> {
  return currentCoroutine() === undefined ? promise : handledRejection(promise)
}

/** Runs `body` as a part of a coroutine's handler. */
export function insideCoroutine<T>(coroutine: Coroutine, body: () => T): T {
  return STORAGE.run(coroutine, body)
}

/**
 * Runs `body` as no part of any handler: what it creates and keeps (sockets, timers) then does not keep the
 * coroutine in memory that happened to be there first.
 */
export function outsideCoroutines<T>(body: () => T): T {
  return STORAGE.run(undefined, body)
}

/** One for all copies of this package in a process: functions of one may be run by another. */
function sharedStorage(): Storage {
  const globals = globalThis as { [key: symbol]: Storage | undefined }
  const storage = globals[STORAGE_KEY] ?? new AsyncLocalStorage()
  globals[STORAGE_KEY] = storage
  return storage
}

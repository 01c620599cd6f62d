import { AsyncLocalStorage } from 'node:async_hooks'

/** Coroutines: declared without their class, which uses this file. */
type Storage = AsyncLocalStorage<object>

const STORAGE_KEY = Symbol.for('dispatch.coroutine')

const STORAGE = sharedStorage()

/** Runs `body` as part of a coroutine's handler. */
export function insideCoroutine<T>(coroutine: object, body: () => T): T {
  return STORAGE.run(coroutine, body)
}

/** The coroutine of the current async context. */
export function storedCoroutine(): object | undefined {
  return STORAGE.getStore()
}

/** Shared by all copies of this package in a process, because one copy may run the functions of another. */
function sharedStorage(): Storage {
  const globals = globalThis as { [key: symbol]: Storage | undefined }
  const storage = globals[STORAGE_KEY] ?? new AsyncLocalStorage()
  globals[STORAGE_KEY] = storage
  return storage
}

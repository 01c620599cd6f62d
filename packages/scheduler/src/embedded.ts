import type { EmbeddedScheduler, EmbeddedSchedulerOptions } from '@dispatch/protocol'
import { createScheduler } from './scheduler.js'
import { createMemoryStore } from './store-memory.js'
import { createSqliteStore } from './store-sqlite/sqlite-store.js'

/**
 * The scheduler inside an application's process: its calls are kept in one file and run by the process itself.
 *
 * @see EmbeddedSchedulerModule of `@dispatch/protocol`, the interface by which applications find it.
 */
export function createEmbeddedScheduler(options: EmbeddedSchedulerOptions): EmbeddedScheduler {
  const { endpoint, endpointUrl, store, logger } = options
  return createScheduler({
    store: store === ':memory:' ? createMemoryStore() : createSqliteStore({ path: store }),
    endpointOf: () => endpoint,
    isLocal: () => true,
    defaultEndpoint: endpointUrl,
    ...(logger && { logger }),
  })
}

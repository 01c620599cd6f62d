import type { EmbeddedScheduler, EmbeddedSchedulerOptions, Endpoint } from '@dispatch/protocol'
import { createScheduler, type SchedulerLimits } from './scheduler.js'
import { createMemoryStore } from './store/memory-store.js'
import { createSqliteStore } from './store/sqlite/sqlite-store.js'

/**
 * Creates a scheduler inside the process of an application: calls are kept in one file and run by the same process.
 *
 * @see EmbeddedSchedulerModule of `@dispatch/protocol`, the interface by which `@dispatch/core` loads it.
 */
export function createEmbeddedScheduler(
  options: EmbeddedSchedulerOptions & SchedulerLimits,
): EmbeddedScheduler {
  const { endpoint, endpointUrl, store, logger } = options
  return createScheduler({
    ...options,
    store:
      store === ':memory:'
        ? createMemoryStore()
        : createSqliteStore({ path: store, ...(logger && { logger }) }),
    endpointOf: (url) => (url === endpointUrl ? endpoint : elsewhere(url)),
    isLocal: (url) => url === endpointUrl,
    defaultEndpoint: endpointUrl,
  })
}

/** An embedded scheduler serves its own process and sends no requests: a call to another endpoint fails with this reason. */
function elsewhere(url: string): Endpoint {
  return {
    run: async () => ({
      kind: 'failure',
      source: 'endpoint',
      status: 'invalid_argument',
      message:
        `endpoint: expected that of this process, since its scheduler is embedded, got ${url}; ` +
        'omit the endpoint, or run a stand-alone scheduler and set DISPATCH_API_URL',
    }),
  }
}

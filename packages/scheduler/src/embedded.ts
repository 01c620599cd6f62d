import type { EmbeddedScheduler, EmbeddedSchedulerOptions, Endpoint } from '@dispatch/protocol'
import { createScheduler, type SchedulerLimits } from './scheduler.js'
import { createMemoryStore } from './store/memory-store.js'
import { createSqliteStore } from './store/sqlite/sqlite-store.js'

/**
 * The scheduler inside an application's process: its calls are kept in one file and run by the process itself.
 *
 * @see EmbeddedSchedulerModule of `@dispatch/protocol`, the interface by which applications find it.
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

/** An embedded scheduler serves its own process and makes no requests: such a call fails, and says why. */
function elsewhere(url: string): Endpoint {
  return {
    run: async () => ({
      kind: 'failure',
      source: 'endpoint',
      status: 'invalid_argument',
      message:
        `the call names the endpoint ${url}, and the scheduler embedded in this process runs functions of this process ` +
        'only: leave the endpoint out, or use a stand-alone scheduler and set DISPATCH_API_URL',
    }),
  }
}

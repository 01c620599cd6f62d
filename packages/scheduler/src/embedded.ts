import type { EmbeddedScheduler, EmbeddedSchedulerOptions, Endpoint } from '@dispatch/protocol'
import { checkOptions, checkStorePath, type OptionNames } from '@dispatch/protocol/text'
import { pickOptions } from './options/pick-options.js'
import { createScheduler, LIMIT_OPTIONS, type SchedulerLimits } from './scheduler.js'
import { createMemoryStore } from './store/memory-store.js'
import { createSqliteStore } from './store/sqlite/sqlite-store.js'

type Options = EmbeddedSchedulerOptions & SchedulerLimits

const EMBEDDED_OPTIONS = {
  ...LIMIT_OPTIONS,
  store: ['path', 'file'],
  endpoint: [],
  endpointUrl: [],
  logger: ['log'],
} as const satisfies OptionNames<Options>

/**
 * Creates a scheduler inside the process of an application: calls are kept in one file and run by the same process.
 *
 * @throws {TypeError} When an option does not exist, is malformed or out of its range.
 * @see EmbeddedSchedulerModule of `@dispatch/protocol`, the interface by which `@dispatch/core` loads it.
 */
export function createEmbeddedScheduler(options: Options): EmbeddedScheduler {
  checkOptions(options, 'createEmbeddedScheduler(options)', EMBEDDED_OPTIONS)
  const { endpoint, endpointUrl, store, logger } = options
  return createScheduler({
    ...pickOptions(options, LIMIT_OPTIONS),
    ...(logger && { logger }),
    store:
      store === ':memory:'
        ? createMemoryStore()
        : createSqliteStore({ path: checkStorePath(store, 'option store'), ...(logger && { logger }) }),
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

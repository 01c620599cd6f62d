import {
  DispatchError,
  type EmbeddedScheduler,
  type EmbeddedSchedulerModule,
  type EmbeddedSchedulerOptions,
  type Endpoint,
  type FunctionStats,
  inOwnContext,
  type Scheduler,
} from '@dispatch/protocol'
import type { DispatchConfig } from '../config/config.js'
import { createHttpScheduler, type HttpSchedulerWorld } from './http-scheduler.js'

/** The scheduler of a `Dispatch`: created when it is first needed; started and stopped if it is embedded. */
export interface SchedulerConnection {
  /** Resolves when the scheduler accepts calls. @throws {DispatchError} When there is none, naming the fix. */
  open(): Promise<Scheduler>
  /**
   * Like {@link open}, but resolves with `undefined` when no scheduler is configured: an endpoint works without one, and the
   * first dispatch rejects with what is missing.
   */
  openIfConfigured(): Promise<Scheduler | undefined>
  /** Starts running calls, if the scheduler is embedded. */
  start(): Promise<void>
  /** Stops running calls, if the scheduler is embedded. */
  stop(graceMs: number): Promise<void>
  close(): Promise<void>
  /** Statistics of its functions, if it is embedded and open; else empty. */
  stats(): FunctionStats[]
  /** Makes a suspended call due, if the scheduler is embedded and open. */
  wake(id: string): void
}

/** What a connection needs. */
export interface SchedulerConnectionOptions {
  readonly config: DispatchConfig
  /** The functions of this process. */
  readonly endpoint: Endpoint
  readonly world: HttpSchedulerWorld
}

/**
 * Makes a {@link SchedulerConnection}.
 *
 * Rules.
 *  L1 The scheduler is created and opened once, by the first `open`; after a failure the next `open` tries again.
 *  L2 `stop` and `close` do nothing to a scheduler that was never opened.
 *  L3 It is never opened after `close`, and never started after `stop`.
 */
export function createSchedulerConnection(options: SchedulerConnectionOptions): SchedulerConnection {
  let opening: Promise<Scheduler> | undefined
  let stats = (): FunctionStats[] => []
  let wake = (_id: string): void => {}
  let isStopped = false
  let isClosed = false
  const connection: SchedulerConnection = {
    open() {
      if (isClosed) return Promise.reject(closedError())
      opening ??= inOwnContext(() => openScheduler(options)).then(
        (scheduler) => {
          stats = () => embedded(scheduler)?.stats() ?? []
          wake = (id) => embedded(scheduler)?.wake?.(id)
          return scheduler
        },
        (error: unknown) => {
          opening = undefined
          throw error
        },
      )
      return opening
    },
    async openIfConfigured() {
      try {
        return await connection.open()
      } catch (error) {
        if (unconfigured.has(error as object)) return undefined
        throw error
      }
    },
    async start() {
      const scheduler = embedded(await connection.openIfConfigured())
      if (!isStopped) scheduler?.start()
    },
    async stop(graceMs) {
      isStopped = true
      await embedded(await settledScheduler(opening))?.stop(graceMs)
    },
    async close() {
      isClosed = true
      await embedded(await settledScheduler(opening))?.close()
      options.world.poster.close()
    },
    stats: () => stats(),
    wake: (id) => wake(id),
  }
  return connection
}

/** The error of a dispatch after `close`. */
export function closedError(): DispatchError {
  return new DispatchError('temporary', 'this Dispatch is closed and accepts no more calls')
}

async function openScheduler(options: SchedulerConnectionOptions): Promise<Scheduler> {
  const scheduler = await createScheduler(options)
  await embedded(scheduler)?.open()
  return scheduler
}

async function settledScheduler(opening: Promise<Scheduler> | undefined): Promise<Scheduler | undefined> {
  return await opening?.catch(() => undefined)
}

/** The scheduler, if it is embedded. */
function embedded(scheduler: Scheduler | undefined): EmbeddedScheduler | undefined {
  return scheduler !== undefined && 'open' in scheduler ? (scheduler as EmbeddedScheduler) : undefined
}

async function createScheduler({ config, endpoint, world }: SchedulerConnectionOptions): Promise<Scheduler> {
  const { scheduler, apiUrl, apiKey, bodyBytesMax } = config
  if (scheduler !== undefined && typeof scheduler !== 'function') return scheduler
  if (scheduler === undefined && apiUrl !== undefined) {
    if (apiKey === undefined) {
      throw unconfiguredError(
        new DispatchError(
          'unauthenticated',
          `no API key for the scheduler at ${apiUrl}: pass option apiKey, or set DISPATCH_API_KEY`,
        ),
      )
    }
    return createHttpScheduler({ apiUrl, apiKey, bodyBytesMax, world })
  }
  const create = scheduler ?? (await loadEmbeddedScheduler()).createEmbeddedScheduler
  const options: EmbeddedSchedulerOptions = {
    store: config.store,
    endpoint,
    endpointUrl: config.endpointUrl,
    ...(config.logger === undefined ? {} : { logger: config.logger }),
  }
  return create(options)
}

/** The errors that mean that no scheduler is configured. */
const unconfigured = new WeakSet<object>()

function unconfiguredError(error: DispatchError): DispatchError {
  unconfigured.add(error)
  return error
}

const EMBEDDED_SCHEDULER_PACKAGE = '@dispatch/scheduler'

/** The import is written out and inside of `try`: bundlers then take the package in if it is installed, and may miss it. */
async function loadEmbeddedScheduler(): Promise<EmbeddedSchedulerModule> {
  try {
    return await import('@dispatch/scheduler')
  } catch (error) {
    const isMissing =
      MODULE_MISSING_CODES.includes(String((error as NodeJS.ErrnoException).code)) &&
      String((error as Error).message).includes(`'${EMBEDDED_SCHEDULER_PACKAGE}'`)
    const message = isMissing
      ? `no scheduler: install ${EMBEDDED_SCHEDULER_PACKAGE}, which runs inside this process, or pass the URL of a stand-alone scheduler as option apiUrl or DISPATCH_API_URL`
      : `${EMBEDDED_SCHEDULER_PACKAGE} cannot be loaded: ${(error as Error).message}`
    const failure = new DispatchError('permanent', message, { cause: error })
    throw isMissing ? unconfiguredError(failure) : failure
  }
}

/** Of `import` and of `require()`. */
const MODULE_MISSING_CODES = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']

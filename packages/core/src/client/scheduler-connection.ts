import {
  DispatchError,
  type EmbeddedScheduler,
  type EmbeddedSchedulerModule,
  type EmbeddedSchedulerOptions,
  type Endpoint,
  type FunctionStats,
  type Scheduler,
} from '@dispatch/protocol'
import type { DispatchConfig } from '../config/config.js'
import { createHttpScheduler, type HttpSchedulerWorld } from './http-scheduler.js'

/** The scheduler of a `Dispatch`: made when it is first needed, and driven if it lives in this process. */
export interface SchedulerConnection {
  /** Resolves when the scheduler takes calls. @throws {DispatchError} When there is none, saying what to do. */
  open(): Promise<Scheduler>
  /**
   * As {@link open}, but resolves with `undefined` when no scheduler is configured: an endpoint works without one, and the
   * first dispatch says what is missing.
   */
  openIfConfigured(): Promise<Scheduler | undefined>
  /** Lets it run calls, if it lives in this process. */
  start(): Promise<void>
  /** Lets it run no more calls, if it lives in this process. */
  stop(graceMs: number): Promise<void>
  close(): Promise<void>
  /** How its functions stand, if it lives in this process and is open; else empty. */
  stats(): FunctionStats[]
  /** Lets a suspended call run, if the scheduler lives in this process and is open. */
  wake(id: string): void
}

/** What makes a connection. */
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
 *  L1 The scheduler is made and opened once, at the first `open`; a failed attempt is forgotten, so that a later one
 *     can succeed.
 *  L2 What was never opened needs no `stop` and no `close`.
 *  L3 After `close` nothing opens it again, and after `stop` nothing starts it again.
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
      opening ??= openScheduler(options).then(
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
      await embedded(await opened(opening))?.stop(graceMs)
    },
    async close() {
      isClosed = true
      await embedded(await opened(opening))?.close()
      options.world.poster.close()
    },
    stats: () => stats(),
    wake: (id) => wake(id),
  }
  return connection
}

/** What who dispatches after `close` is told. */
export function closedError(): DispatchError {
  return new DispatchError('temporary', 'this Dispatch is closed and takes no more calls')
}

async function openScheduler(options: SchedulerConnectionOptions): Promise<Scheduler> {
  const scheduler = await createScheduler(options)
  await embedded(scheduler)?.open()
  return scheduler
}

async function opened(opening: Promise<Scheduler> | undefined): Promise<Scheduler | undefined> {
  return await opening?.catch(() => undefined)
}

/** The scheduler, if it is one that we start and stop. */
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

/** Errors that say that no scheduler is configured. */
const unconfigured = new WeakSet<object>()

function unconfiguredError(error: DispatchError): DispatchError {
  unconfigured.add(error)
  return error
}

/** Typed as text, so that neither the compiler nor a bundler wants the package: it is an optional peer. */
const EMBEDDED_SCHEDULER_PACKAGE: string = '@dispatch/scheduler'

async function loadEmbeddedScheduler(): Promise<EmbeddedSchedulerModule> {
  try {
    return (await import(EMBEDDED_SCHEDULER_PACKAGE)) as EmbeddedSchedulerModule
  } catch (error) {
    const isMissing =
      (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND' &&
      String((error as Error).message).includes(`'${EMBEDDED_SCHEDULER_PACKAGE}'`)
    const message = isMissing
      ? `no scheduler: install ${EMBEDDED_SCHEDULER_PACKAGE}, which runs inside this process, or name one elsewhere by option apiUrl or DISPATCH_API_URL`
      : `${EMBEDDED_SCHEDULER_PACKAGE} cannot be loaded: ${(error as Error).message}`
    const failure = new DispatchError('permanent', message, { cause: error })
    throw isMissing ? unconfiguredError(failure) : failure
  }
}

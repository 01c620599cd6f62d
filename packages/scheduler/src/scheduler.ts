import { randomBytes } from 'node:crypto'
import {
  createEndOfCall,
  type EmbeddedScheduler,
  type Endpoint,
  type FunctionStats,
  inOwnContext,
  type Logger,
  type Scheduler,
} from '@dispatch/protocol'
import type { Call, CallInfo } from '@dispatch/protocol/messages'
import { checkOptions, type OptionNames } from '@dispatch/protocol/text'
import { Admission, type AdmissionLimits } from './calls/admission.js'
import { callInfoOf } from './calls/call-info.js'
import { EndedCalls } from './calls/ended-calls.js'
import { IdClaims } from './calls/id-claims.js'
import { withOwnContext } from './calls/own-context-calls.js'
import { TenantCalls, type TenantCallsParts } from './calls/tenant-calls.js'
import { createUuidv7 } from './calls/uuidv7.js'
import { type WaiterLimits, Waiters } from './calls/waiters.js'
import { Driver } from './driver/driver.js'
import type { Effect } from './kernel/events/events.js'
import { Kernel } from './kernel/kernel.js'
import { checkRetryPolicy, type RetryPolicy } from './kernel/state/retry-policy.js'
import { COUNT, checkLimits, type Limits, SPAN, TIME } from './options/check-limits.js'
import { PayloadCache } from './runs/payload-cache.js'
import { Runs } from './runs/runs.js'
import { Semaphore } from './runs/semaphore.js'
import { SchedulerLife } from './scheduler-life.js'
import { Pruner } from './store/pruner.js'
import type { Store, Write } from './store/store.js'
import { type Clock, SYSTEM_CLOCK } from './time/clock.js'
import { SteadyClock } from './time/steady-clock.js'

/** Memory for payloads that will probably be read soon. */
const CACHE_BYTES_MAX = 64 * 1024 * 1024

/** A run that hangs keeps its slot. As long as serverless hosts let a request run. */
const RUN_MS_MAX = 900_000

/** Six concurrent runs of a function with inputs or outputs of 10 MB, of each of which memory holds about three copies. */
const RUN_BYTES_MAX = 64_000_000

/** Concurrent reads of calls that are done: each may return a result of many megabytes, and the store serves one at a time. */
const READS_MAX = 8

const RETENTION_MS = 7 * 86_400_000

const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Limits of a scheduler that can be set. docs/operate/overload.md describes what happens when one is reached. */
export interface SchedulerLimits extends AdmissionLimits, WaiterLimits {
  /** Maximum of bytes of payloads in the cache. Default 67 108 864. */
  readonly cacheBytesMax?: number
  /**
   * Maximum of bytes of payloads that the runs of one function hold, from their start until their answers are durable; a
   * single run is always admitted, however large. Default 64 000 000.
   */
  readonly runBytesMax?: number
}

/** Options of {@link createScheduler}. */
export interface SchedulerOptions extends SchedulerLimits {
  /** Where calls are kept. */
  readonly store: Store
  /** The endpoint at a URL, which performs the runs there. Called once per run. */
  readonly endpointOf: (url: string) => Endpoint
  /** Whether an endpoint is in this process, so that runs there need not wait for a commit (D4). Default: none is. */
  readonly isLocal?: (url: string) => boolean
  /** Endpoint of calls that name none. Default: none; such calls are refused. */
  readonly defaultEndpoint?: string
  /** Receives log messages. Default: none. */
  readonly logger?: Logger
  /** Source of the time. Default: the system clock. */
  readonly clock?: Clock
  /** Random numbers, uniform in [0, 1), for back-off. Default `Math.random`. */
  readonly random?: () => number
  /** Random bytes for ids. Default: those of `node:crypto`. */
  readonly randomBytes?: (size: number) => Uint8Array
  /** Back-off and when to give up. Default `RETRY_POLICY`. */
  readonly retryPolicy?: RetryPolicy
  /** Time limit of a run whose call has no `runTimeout`, in milliseconds. Default 900 000. */
  readonly runMsMax?: number
  /** How long calls that are done can still be read, in milliseconds; seven days. Default 604 800 000. */
  readonly retentionMs?: number
}

const SCHEDULER_LIMITS: Limits<SchedulerOptions> = {
  liveCallsMax: COUNT,
  liveBytesMax: COUNT,
  unacknowledgedCallsMax: COUNT,
  unacknowledgedBytesMax: COUNT,
  waitersMax: COUNT,
  cacheBytesMax: SPAN,
  runBytesMax: COUNT,
  runMsMax: TIME,
  retentionMs: SPAN,
}

/** The options of {@link SchedulerLimits}, with other words for them. */
export const LIMIT_OPTIONS = {
  liveCallsMax: ['maxCalls', 'queueSize'],
  liveBytesMax: [],
  unacknowledgedCallsMax: [],
  unacknowledgedBytesMax: [],
  waitersMax: [],
  cacheBytesMax: ['cacheSize'],
  runBytesMax: [],
} as const satisfies OptionNames<SchedulerLimits>

/** The options of {@link SchedulerOptions}, with other words for them. */
export const SCHEDULER_OPTIONS = {
  ...LIMIT_OPTIONS,
  store: [],
  endpointOf: [],
  isLocal: [],
  defaultEndpoint: [],
  logger: ['log'],
  clock: [],
  random: [],
  randomBytes: [],
  retryPolicy: ['retry', 'backoff'],
  runMsMax: ['runTimeout', 'runTimeoutMs'],
  retentionMs: ['retention', 'keepMs', 'ttl'],
} as const satisfies OptionNames<SchedulerOptions>

/** A scheduler. Its own methods serve the tenant `''`. */
export interface TenantScheduler extends EmbeddedScheduler {
  /** Calls that are not done. */
  readonly liveCalls: number
  /** The same scheduler with access to the calls of one tenant. */
  forTenant(tenant: string): Scheduler
}

/**
 * Creates a scheduler over a store. It takes calls after `open()` and runs them after `start()`.
 *
 * @throws {TypeError} When an option does not exist, or a limit is not an integer in its range.
 */
export function createScheduler(options: SchedulerOptions): TenantScheduler {
  checkOptions(options, 'createScheduler(options)', SCHEDULER_OPTIONS)
  checkLimits(options, SCHEDULER_LIMITS)
  checkRetryPolicy(options.retryPolicy)
  return new StoreScheduler(options)
}

class StoreScheduler implements TenantScheduler {
  readonly #options: SchedulerOptions
  readonly #kernel: Kernel
  readonly #cache: PayloadCache
  readonly #admission: Admission
  readonly #waiters: Waiters
  readonly #ended = new EndedCalls()
  readonly #driver: Driver
  readonly #runs: Runs
  readonly #life: SchedulerLife
  readonly #tenantCalls: TenantCallsParts
  readonly #ownCalls: Scheduler

  constructor(options: SchedulerOptions) {
    const { store, logger = SILENT } = options
    this.#options = options
    const clock = new SteadyClock(options.clock ?? SYSTEM_CLOCK)
    this.#kernel = new Kernel(options.retryPolicy)
    this.#cache = new PayloadCache(options.cacheBytesMax ?? CACHE_BYTES_MAX)
    this.#admission = new Admission(options, clock)
    this.#waiters = new Waiters(clock, options)
    this.#driver = new Driver({
      kernel: this.#kernel,
      store,
      clock,
      logger,
      perform: (effect) => this.#perform(effect),
      mayRunEarly: earlyRule(options.isLocal),
      onWrites: (writes) => this.#remember(writes),
      onBroken: (error) => this.#waiters.rejectAll(error),
    })
    this.#runs = this.#createRuns(options, clock, logger)
    this.#life = this.#createLife(options, clock, logger)
    this.#tenantCalls = this.#createTenantCalls(options, clock)
    this.#ownCalls = this.forTenant('')
  }

  #createRuns(options: SchedulerOptions, clock: Clock, logger: Logger): Runs {
    return new Runs({
      store: options.store,
      cache: this.#cache,
      endpointOf: options.endpointOf,
      clock,
      runMsMax: options.runMsMax ?? RUN_MS_MAX,
      random: options.random ?? Math.random,
      runBytesMax: options.runBytesMax ?? RUN_BYTES_MAX,
      submit: (event) => this.#driver.submit(event),
      whenSettled: () => this.#driver.whenSettled(),
      logger,
      onUnreadable: (error) => this.#driver.break(error),
    })
  }

  #createLife({ store, retentionMs }: SchedulerOptions, clock: SteadyClock, logger: Logger): SchedulerLife {
    return new SchedulerLife({
      store,
      logger,
      clock,
      kernel: this.#kernel,
      driver: this.#driver,
      runs: this.#runs,
      pruner: new Pruner(store, clock, retentionMs ?? RETENTION_MS, logger, () => this.#ended.forgetAll()),
      waiters: this.#waiters,
      ended: this.#ended,
    })
  }

  #createTenantCalls({ store, ...options }: SchedulerOptions, clock: Clock): TenantCallsParts {
    const reads = new Semaphore(READS_MAX)
    return {
      kernel: this.#kernel,
      driver: this.#driver,
      readCall: (id) => reads.run(() => store.readCall(id)),
      admission: this.#admission,
      claims: new IdClaims(store),
      ended: this.#ended,
      waiters: this.#waiters,
      newId: createUuidv7({
        nowMs: () => clock.nowMs(),
        randomBytes: options.randomBytes ?? randomBytes,
      }),
      defaultEndpoint: options.defaultEndpoint,
      assertUsable: () => this.#life.assertUsable(),
    }
  }

  open(): Promise<void> {
    return inOwnContext(() => this.#life.open())
  }

  start(): void {
    inOwnContext(() => this.#life.start())
  }

  stop(graceMs: number): Promise<void> {
    return inOwnContext(() => this.#life.stop(graceMs))
  }

  close(): Promise<void> {
    return inOwnContext(() => this.#life.close())
  }

  get liveCalls(): number {
    return this.#kernel.size
  }

  wake(id: string): void {
    if (this.#life.isStarted) inOwnContext(() => this.#driver.submit({ kind: 'wake', id }))
  }

  stats(): FunctionStats[] {
    return this.#kernel.functionStats()
  }

  forTenant(tenant: string): Scheduler {
    return withOwnContext(new TenantCalls(this.#tenantCalls, tenant))
  }

  dispatch(calls: readonly Call[]): Promise<string[]> {
    return this.#ownCalls.dispatch(calls)
  }

  get(id: string): Promise<CallInfo | undefined> {
    return this.#ownCalls.get(id)
  }

  wait(id: string, timeoutMs: number, signal?: AbortSignal): Promise<CallInfo | undefined> {
    return this.#ownCalls.wait(id, timeoutMs, signal)
  }

  cancel(id: string): Promise<CallInfo | undefined> {
    return this.#ownCalls.cancel(id)
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'run':
        this.#runs.start(effect)
        break
      case 'abort':
        this.#runs.abort(effect.run, effect.reason)
        break
      case 'release':
        this.#options.endpointOf(effect.endpoint).endCall?.(effect.id, createEndOfCall(effect.reason))
        break
      case 'done':
        this.#ended.markDurable(effect.call.id, effect.call.tenant, effect.call.parentId === '')
        this.#admission.recordEnd(effect.call.inputBytes)
        if (this.#waiters.isAwaited(effect.call.id)) {
          this.#waiters.resolve(effect.call.id, callInfoOf(effect.call, false, effect.result))
        }
    }
  }

  /** Caches what the next runs will read, and evicts what no run will read again. */
  #remember(writes: readonly Write[]): void {
    for (const write of writes) {
      if (write.kind === 'journal') continue
      const { id, state, parentId, tenant } = write.call
      if (write.input !== undefined) this.#cache.set('input', id, write.input)
      if (write.kind === 'insert') continue
      if (write.state) this.#cache.set('state', id, write.state)
      if (state !== 'done') continue
      this.#ended.add(id, tenant)
      this.#cache.delete('input', id)
      this.#cache.delete('state', id)
      if (parentId !== '' && write.result !== undefined) this.#cache.set('result', id, write.result)
    }
  }
}

/** D4: runs are aborted early, and first runs of children are started early where the endpoint is in this process. */
function earlyRule(isLocal: SchedulerOptions['isLocal'] = () => false): (effect: Effect) => boolean {
  return (effect) => {
    if (effect.kind !== 'run') return effect.kind === 'abort'
    return effect.parentId !== '' && effect.deliveries === undefined && isLocal(effect.endpoint)
  }
}

import { randomBytes } from 'node:crypto'
import {
  DispatchError,
  type EmbeddedScheduler,
  type Endpoint,
  type FunctionStats,
  type Logger,
  type Scheduler,
} from '@dispatch/protocol'
import { type Call, type CallInfo, CallState } from '@dispatch/protocol/messages'
import { Admission, type AdmissionLimits, type Admitted } from './calls/admission.js'
import { callInfoOf } from './calls/call-info.js'
import { EndedCalls, UUIDV7_BELOW } from './calls/ended-calls.js'
import { createUuidv7 } from './calls/uuidv7.js'
import { assertCalls, newCallOf } from './calls/validate-calls.js'
import { type WaiterLimits, Waiters } from './calls/waiters.js'
import { Driver } from './driver/driver.js'
import type { Effect, SubmittedCall } from './kernel/events.js'
import { Kernel } from './kernel/kernel.js'
import { checkRetryPolicy, type RetryPolicy } from './kernel/retry-policy.js'
import { COUNT, checkLimits, type Limits, SPAN, TIME } from './options/check-limits.js'
import { PayloadCache } from './runs/payload-cache.js'
import { Runs } from './runs/runs.js'
import { Turns } from './runs/semaphore.js'
import { Pruner } from './store/pruner.js'
import type { Store, Write } from './store/store.js'
import { timeSeenIn } from './store/time-seen.js'
import { type Clock, SYSTEM_CLOCK } from './time/clock.js'
import { SteadyClock } from './time/steady-clock.js'

/** Memory for payloads that will probably be wanted soon. */
const CACHE_BYTES_MAX = 64 * 1024 * 1024

/** A run that hangs holds a slot; as long as serverless hosts let a request run. */
const RUN_MS_MAX = 900_000

/** Runs of a function with inputs or outputs of 10 MB: six at one time. In memory there are about three copies of each. */
const RUN_BYTES_MAX = 64_000_000

/** Reads of calls under way at one time; the store does one after the other anyway. */
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

/** A scheduler: {@link Scheduler} for the tenant `''`, and {@link forTenant} for others. */
export interface TenantScheduler extends EmbeddedScheduler {
  /** Calls that are not done. */
  readonly liveCalls: number
  /** The same scheduler as one tenant sees it: its own calls and no others. */
  forTenant(tenant: string): Scheduler
}

/**
 * A scheduler over a store. Nothing happens before `open()`, and nothing runs before `start()`.
 *
 * @throws {TypeError} When a limit is not a whole number or out of its range.
 */
export function createScheduler(options: SchedulerOptions): TenantScheduler {
  checkLimits(options, SCHEDULER_LIMITS)
  checkRetryPolicy(options.retryPolicy)
  return new StoreScheduler(options)
}

class StoreScheduler implements TenantScheduler {
  readonly #options: SchedulerOptions
  readonly #store: Store
  readonly #logger: Logger
  readonly #clock: SteadyClock
  readonly #kernel: Kernel
  readonly #cache: PayloadCache
  readonly #admission: Admission
  readonly #waiters: Waiters
  readonly #driver: Driver
  readonly #runs: Runs
  readonly #pruner: Pruner
  readonly #newId: () => string
  /** Reads of calls that are done: each may bring a result of many megabytes. */
  readonly #reads = new Turns(READS_MAX)
  /**
   * Who waits for a call whose end is not durable yet is told by the effect that follows, without a look into the store; a
   * fast call has ended before its caller asks.
   */
  readonly #ended = new EndedCalls()
  /** Ids being looked up, so that two requests that name one id record it once. */
  readonly #claims = new Map<string, Promise<void>>()
  /** What is under way, for whoever asks for it meanwhile. */
  #opening: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #state: 'new' | 'open' | 'started' | 'stopped' | 'closed' = 'new'

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#store = options.store
    this.#logger = options.logger ?? SILENT
    this.#clock = new SteadyClock(options.clock ?? SYSTEM_CLOCK)
    this.#kernel = new Kernel(options.retryPolicy)
    this.#newId = createUuidv7({
      nowMs: () => this.#clock.nowMs(),
      randomBytes: options.randomBytes ?? randomBytes,
    })
    this.#cache = new PayloadCache(options.cacheBytesMax ?? CACHE_BYTES_MAX)
    this.#admission = new Admission(options, this.#clock)
    this.#waiters = new Waiters(this.#clock, options)
    const isLocal = options.isLocal ?? (() => false)
    this.#driver = new Driver({
      kernel: this.#kernel,
      store: this.#store,
      clock: this.#clock,
      logger: this.#logger,
      perform: (effect) => this.#perform(effect),
      mayRunEarly: (effect) =>
        effect.kind === 'abort' ||
        (effect.kind === 'run' &&
          effect.parentId !== '' &&
          effect.deliveries === undefined &&
          isLocal(effect.endpoint)),
      onWrites: (writes) => this.#remember(writes),
      onBroken: (error) => this.#waiters.rejectAll(error),
    })
    this.#runs = new Runs({
      store: this.#store,
      cache: this.#cache,
      endpointOf: options.endpointOf,
      clock: this.#clock,
      runMsMax: options.runMsMax ?? RUN_MS_MAX,
      random: options.random ?? Math.random,
      runBytesMax: options.runBytesMax ?? RUN_BYTES_MAX,
      submit: (event) => this.#driver.submit(event),
      settled: () => this.#driver.settled(),
      logger: this.#logger,
      onUnreadable: (error) => this.#driver.break(error),
    })
    this.#pruner = new Pruner(
      this.#store,
      this.#clock,
      options.retentionMs ?? RETENTION_MS,
      this.#logger,
      () => this.#ended.forget(),
    )
  }

  open(): Promise<void> {
    if (this.#state !== 'new') return Promise.resolve()
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(): Promise<void> {
    await this.#store.open()
    try {
      await this.#load()
    } catch (error) {
      // Half of what there is may be here: this scheduler is used up, and the next one has to find the file free.
      this.#state = 'closed'
      await this.#store.close()
      throw error
    }
    this.#state = 'open'
  }

  async #load(): Promise<void> {
    let seenMs = 0
    const finished = await this.#store.load((calls) => {
      seenMs = Math.max(seenMs, timeSeenIn(calls))
      this.#kernel.take(calls)
    })
    this.#catchUp(seenMs)
    this.#kernel.restore(finished, this.#clock.nowMs())
    this.#ended.startAbove(await this.#store.highestId(UUIDV7_BELOW))
  }

  /** T3 */
  #catchUp(seenMs: number): void {
    const behindMs = this.#clock.startFrom(seenMs)
    if (behindMs === 0) return
    this.#logger.warn(
      { behindMs },
      'the clock is behind the store: time goes on from what the store has seen',
    )
  }

  start(): void {
    if (this.#state === 'started') return
    if (this.#state !== 'open')
      throw new TypeError(`start(): wanted a scheduler that is open, this one is ${this.#state}`)
    this.#state = 'started'
    this.#driver.submit({ kind: 'open' })
    this.#pruner.start()
  }

  async stop(graceMs: number): Promise<void> {
    if (this.#state === 'started') this.#stopping = this.#stop(graceMs)
    await this.#stopping
  }

  async #stop(graceMs: number): Promise<void> {
    this.#state = 'stopped'
    this.#pruner.stop()
    this.#driver.submit({ kind: 'close' })
    await this.#runs.stop(graceMs)
    this.#driver.stop()
    await this.#driver.settled()
  }

  /** After an `open()` or a `stop()` that is under way. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#opening !== undefined) await this.#opening.catch(() => undefined)
    if (this.#state === 'closed') return
    await this.stop(0)
    this.#state = 'closed'
    this.#driver.stop()
    await this.#driver.settled()
    this.#waiters.rejectAll(new DispatchError('temporary', 'the scheduler has been closed'))
    await this.#store.close()
  }

  get liveCalls(): number {
    return this.#kernel.size
  }

  wake(id: string): void {
    if (this.#state === 'started') this.#driver.submit({ kind: 'wake', id })
  }

  stats(): FunctionStats[] {
    return this.#kernel.functionStats()
  }

  forTenant(tenant: string): Scheduler {
    return {
      dispatch: (calls) => this.#dispatch(calls, tenant),
      get: (id) => this.#get(id, tenant),
      wait: (id, timeoutMs, signal) => this.#wait(id, timeoutMs, tenant, signal),
      cancel: (id) => this.#cancel(id, tenant),
    }
  }

  dispatch(calls: readonly Call[]): Promise<string[]> {
    return this.#dispatch(calls, '')
  }

  get(id: string): Promise<CallInfo | undefined> {
    return this.#get(id, '')
  }

  wait(id: string, timeoutMs: number, signal?: AbortSignal): Promise<CallInfo | undefined> {
    return this.#wait(id, timeoutMs, '', signal)
  }

  cancel(id: string): Promise<CallInfo | undefined> {
    return this.#cancel(id, '')
  }

  async #dispatch(calls: readonly Call[], tenant: string): Promise<string[]> {
    this.#assertUsable()
    const complete = calls.map((call) => this.#withEndpoint(call))
    assertCalls(complete)
    this.#driver.assertWrites()
    const admitted = this.#admission.admit(complete, this.#kernel, ({ dispatchId }) => {
      const maker = makerOf(dispatchId)
      return maker !== undefined && this.#kernel.tenantOf(maker) === tenant
    })
    try {
      return await this.#record(complete, tenant, admitted)
    } finally {
      admitted.answered()
    }
  }

  async #record(complete: readonly Call[], tenant: string, admitted: Admitted): Promise<string[]> {
    const unsure = complete
      .map((call) => call.dispatchId)
      .filter((id) => id !== '' && this.#ended.isUsed(id) === undefined)
    const known = unsure.length === 0 ? undefined : await this.#claim(unsure)
    const ids: string[] = []
    const fresh: SubmittedCall[] = []
    try {
      // The ids may have taken a while.
      this.#assertUsable()
      for (const [index, call] of complete.entries()) {
        const id = call.dispatchId || this.#newId()
        ids.push(id)
        const owner = this.#ownerOf(id) ?? known?.exists.get(id)
        if (owner !== undefined && owner !== tenant) throw notYours(index, id)
        if (!known?.exists.has(id) && this.#ended.isUsed(id) !== true)
          fresh.push({ id, tenant, call: newCallOf(call) })
      }
      this.#driver.submit({ kind: 'submit', calls: fresh })
    } finally {
      known?.release()
    }
    admitted.submitted()
    await this.#driver.durable()
    this.#assertUsable()
    return ids
  }

  async #get(id: string, tenant: string): Promise<CallInfo | undefined> {
    this.#assertUsable()
    const live = this.#kernel.find(id)
    if (live !== undefined)
      return live.call.tenant === tenant ? callInfoOf(live.call, live.isRunning) : undefined
    await this.#driver.durable()
    this.#assertUsable()
    const stored = await this.#reads.take(() => this.#store.readCall(id))
    if (stored === undefined || stored.call.tenant !== tenant) return undefined
    return callInfoOf(stored.call, false, stored.payloads.result)
  }

  async #wait(
    id: string,
    timeoutMs: number,
    tenant: string,
    signal?: AbortSignal,
  ): Promise<CallInfo | undefined> {
    this.#assertUsable()
    const owner = this.#kernel.tenantOf(id) ?? this.#ended.tenantOf(id)
    if (owner === tenant && timeoutMs > 0) {
      const done = await this.#waiters.wait(id, timeoutMs, signal)
      if (done !== undefined) return done
    }
    return this.#get(id, tenant)
  }

  async #cancel(id: string, tenant: string): Promise<CallInfo | undefined> {
    await this.#end(id, tenant)
    const call = await this.#get(id, tenant)
    if (call === undefined || call.state === CallState.DONE) return call
    // It was recorded while the store was asked for it.
    await this.#end(id, tenant)
    return this.#get(id, tenant)
  }

  /** Ends a call that the kernel has. */
  async #end(id: string, tenant: string): Promise<void> {
    this.#assertUsable()
    if (this.#kernel.tenantOf(id) !== tenant) return
    this.#driver.submit({ kind: 'cancel', id })
    await this.#driver.durable()
    this.#assertUsable()
  }

  /** Whose call it is that has this id, as far as memory knows. */
  #ownerOf(id: string): string | undefined {
    return this.#kernel.tenantOf(id) ?? this.#ended.ownerOf(id)
  }

  /** Looks which of the ids exist, and keeps others from doing the same until `release`. */
  async #claim(ids: readonly string[]): Promise<{ exists: Map<string, string>; release: () => void }> {
    for (;;) {
      const taken = ids.map((id) => this.#claims.get(id)).find((claim) => claim !== undefined)
      if (taken === undefined) break
      await taken
    }
    let release = (): void => {}
    const claim = new Promise<void>((resolve) => {
      release = resolve
    })
    for (const id of ids) this.#claims.set(id, claim)
    const finish = (): void => {
      for (const id of ids) this.#claims.delete(id)
      release()
    }
    try {
      return { exists: await this.#store.existing(ids), release: finish }
    } catch (error) {
      finish()
      throw error
    }
  }

  #withEndpoint(call: Call): Call {
    const { defaultEndpoint } = this.#options
    return call.endpoint === '' && defaultEndpoint !== undefined
      ? { ...call, endpoint: defaultEndpoint }
      : call
  }

  #assertUsable(): void {
    if (this.#driver.isBroken) {
      throw new DispatchError(
        'permanent',
        'the scheduler has stopped because its store failed; see its log, then restart it',
      )
    }
    if (this.#state === 'new' || this.#state === 'closed') {
      const what = this.#state === 'new' ? 'has not been opened yet' : 'has been closed'
      throw new DispatchError('temporary', `the scheduler ${what}`)
    }
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'run':
        this.#runs.start(effect)
        break
      case 'abort':
        this.#runs.abort(effect.run, effect.reason)
        break
      case 'done':
        this.#ended.durable(effect.call.id, effect.call.tenant, effect.call.parentId === '')
        this.#admission.ended(effect.call.inputBytes)
        if (this.#waiters.isAwaited(effect.call.id)) {
          this.#waiters.resolve(effect.call.id, callInfoOf(effect.call, false, effect.result))
        }
    }
  }

  /** Keeps at hand what the next runs will want, and forgets what no run will want again. */
  #remember(writes: readonly Write[]): void {
    for (const write of writes) {
      if (write.kind === 'journal') continue
      const { id, state, parentId, tenant } = write.call
      if (write.input !== undefined) this.#cache.set('input', id, write.input)
      if (write.kind === 'insert') continue
      if (write.state) this.#cache.set('state', id, write.state)
      if (state !== 'done') continue
      this.#ended.ended(id, tenant)
      this.#cache.delete('input', id)
      this.#cache.delete('state', id)
      if (parentId !== '' && write.result !== undefined) this.#cache.set('result', id, write.result)
    }
  }
}

/** The call whose run dispatches a call with this id, unless the application chose the id (C1 in core's coroutine.ts). */
function makerOf(id: string): string | undefined {
  return /^(.+)\/d[\d.]+-[^/]+$/.exec(id)?.[1]
}

/** Nothing of the request is recorded: what is acknowledged has to run, and a call of somebody else's cannot stand for it. */
function notYours(index: number, id: string): DispatchError {
  return new DispatchError(
    'permission_denied',
    `calls[${index}].dispatch_id: a call of another tenant has the id ${JSON.stringify(id)}; choose one that is yours alone, with a prefix of your own`,
  )
}

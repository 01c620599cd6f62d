import type { RunSignal } from '@dispatch/protocol'
import { type Call, CallSchema, CallState, create, type RunRequest } from '@dispatch/protocol/messages'
import { encodeValue } from '@dispatch/protocol/values'
import { createScheduler, type TenantScheduler } from '@dispatch/scheduler'
import { Dice } from './tools/dice.js'
import { FairnessCheck, QUEUED } from './tools/fairness.js'
import { Process } from './tools/process.js'
import { Log, type Violation } from './tools/violations.js'
import { VirtualClock } from './tools/virtual-clock.js'
import { checkRemains, checkRoot, type End, outputOf, type Root } from './verdict.js'
import { Applications } from './world/applications.js'
import { Disk, type DiskFaults } from './world/disk.js'
import { KEY_CONCURRENCY_MAX, keyOf, LEAF_CONCURRENCY_MAX } from './world/functions.js'
import { counted, createWire, failure, type NetworkFaults, watched } from './world/network.js'
import { randomProgram, randomRush } from './world/program.js'

/** Faults stop after this much virtual time, so that the world can come to rest. */
const TROUBLE_MS = 40_000

/** Limit of virtual time until a world comes to rest: a month, many times the sum of all back-offs. */
const WORLD_MS_MAX = 30 * 86_400_000
/** The longest of 1,200 worlds took 4,300. */
const STEPS_MAX = 20_000

const NO_DISK_FAULTS: DiskFaults = { commitFails: 0, crashBeforeCommit: 0, crashAfterCommit: 0 }

export interface Report {
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly lines: readonly string[]
  readonly calls: number
  readonly commits: number
  readonly crashes: number
  readonly worldMs: number
}

/** A scheduler from its start to its crash or stop. */
interface Incarnation {
  readonly process: Process
  readonly scheduler: TenantScheduler
}

/** A world generated from a seed: a scheduler, applications, a disk, a network and their faults. */
export class Simulation {
  readonly #seed: number
  readonly #dice: Dice
  readonly #clock = new VirtualClock()
  readonly #log: Log
  readonly #disk: Disk
  readonly #fairness: FairnessCheck
  readonly #applications: Applications
  readonly #tampered = new Set<string>()
  readonly #unknown = new Set<string>()
  readonly #plain = new Set<string>()
  readonly #roots: Root[] = []
  readonly #isLocal: boolean
  readonly #diskFaults: DiskFaults
  readonly #networkFaults: NetworkFaults
  /** Probability that a call is cancelled, at each commit and each run. */
  readonly #cancelRate: number
  #incarnation: Incarnation | undefined
  #incarnations = 0
  #crashes = 0

  constructor(seed: number, options: { isVerbose?: boolean } = {}) {
    this.#seed = seed
    this.#dice = new Dice(seed)
    const dice = this.#dice
    this.#log = new Log(() => this.#clock.trueMs, options.isVerbose ?? false)
    this.#fairness = new FairnessCheck(this.#log)
    this.#disk = new Disk(this.#clock, dice.fork(), this.#log, this.#fairness)
    this.#isLocal = dice.chance(0.4)
    this.#applications = new Applications({
      clock: this.#clock,
      dice: dice.fork(),
      log: this.#log,
      warmCoroutinesMax: dice.pick([0, 1, 3, 1_000]),
      dispatch: (calls) => this.#dispatchUntilAcknowledged(calls),
      isTroubled: () => this.#isTroubled,
    })
    const isRough = dice.chance(0.7)
    const rate = (max: number): number => (isRough && dice.chance(0.6) ? dice.next() * max : 0)
    this.#diskFaults = {
      commitFails: rate(0.05),
      crashBeforeCommit: rate(0.03),
      crashAfterCommit: rate(0.03),
    }
    this.#networkFaults = {
      requestLost: rate(0.1),
      responseLost: rate(0.15),
      repeated: rate(0.2),
      refused: rate(0.1),
      throttled: rate(0.2),
      functionUnknown: rate(0.05),
      garbled: dice.chance(0.5) ? rate(0.2) : 0,
      latencyMsMax: dice.pick([0, 1, 20, 500]),
    }
    this.#cancelRate = dice.chance(0.3) ? rate(0.03) : 0
  }

  async run(): Promise<Report> {
    await this.#disk.open()
    const urls = this.#isLocal ? ['http://local'] : ['http://one', 'http://two']
    for (const url of urls) {
      if (!this.#isLocal && this.#dice.chance(0.4)) this.#plain.add(url)
      this.#applications.deploy(url)
    }
    void this.#boot()
    this.#arrangeCalls(urls)
    this.#arrangeTrouble(urls)
    try {
      await this.#untilRest()
      await this.#check()
    } catch (error) {
      if ((error as Error).name !== 'TransitionError') throw error
      this.#log.violate('I13', (error as Error).message)
    }
    return {
      seed: this.#seed,
      violations: this.#log.violations,
      lines: this.#log.lines,
      calls: this.#disk.calls.size,
      commits: this.#clock.activity,
      crashes: this.#crashes,
      worldMs: this.#clock.trueMs,
    }
  }

  get #isTroubled(): boolean {
    return this.#clock.trueMs < TROUBLE_MS
  }

  async #boot(): Promise<void> {
    const process = new Process(`scheduler${++this.#incarnations}`)
    const crash = (): void => this.#crash(process)
    const dice = this.#dice.fork()
    const store = this.#disk.storeOf(
      process,
      () => {
        this.#perhapsCancel()
        return this.#isTroubled ? this.#diskFaults : NO_DISK_FAULTS
      },
      crash,
    )
    const endpoints = new Map(
      this.#applications.urls.map(
        (url) =>
          [url, counted(this.#wire(process, url, dice.fork()), url, this.#fairness, this.#log)] as const,
      ),
    )
    const scheduler = createScheduler({
      store,
      endpointOf: (url) => endpoints.get(url) as never,
      isLocal: () => this.#isLocal,
      clock: this.#clock.of(process),
      random: () => dice.next(),
      randomBytes: (size) => dice.bytes(size),
    })
    await scheduler.open()
    if (!process.isAlive) return
    this.#fairness.restart(this.#disk.calls.values())
    scheduler.start()
    this.#log.say(`${process.name} starts`)
    this.#incarnation = { process, scheduler }
  }

  #wire(process: Process, url: string, dice: Dice) {
    const calm = {
      ...this.#networkFaults,
      requestLost: 0,
      responseLost: 0,
      repeated: 0,
      refused: 0,
      throttled: 0,
      functionUnknown: 0,
      garbled: 0,
    }
    if (this.#isLocal) {
      // In process: a call cannot be lost, and it ends with the process.
      const served = watched(
        (request, signal) => this.#applications.at(url).serve(request, signal),
        this.#log,
        () => true,
        true,
      )
      return {
        run: async (request: RunRequest, signal: RunSignal) => {
          this.#perhapsCancel()
          const { function: name, rootDispatchId } = request
          if (!this.#applications.at(url).has(name)) {
            this.#unknown.add(rootDispatchId)
            return failure('function', 'not_found')
          }
          const response = await served(request, signal)
          return process.isAlive ? { kind: 'response' as const, response } : new Promise<never>(() => {})
        },
      }
    }
    const durable = (id: string): boolean => this.#disk.calls.has(id)
    return createWire({
      clock: this.#clock,
      dice,
      log: this.#log,
      process,
      faults: () => {
        this.#perhapsCancel()
        return this.#isTroubled ? this.#networkFaults : calm
      },
      server: () => {
        const application = this.#applications.at(url)
        return {
          process: application,
          serve: watched(application.serve, this.#log, durable, false),
          has: (name) => application.has(name),
          isOverloaded: this.#isTroubled && this.#applications.isOverloaded(url),
        }
      },
      isPlain: this.#plain.has(url),
      tampered: this.#tampered,
      unknown: this.#unknown,
    })
  }

  #crash(process: Process): void {
    if (!process.isAlive) return
    process.kill()
    this.#crashes += 1
    this.#log.say(`${process.name} crashes`)
    if (this.#incarnation?.process === process) this.#incarnation = undefined
    if (this.#isLocal) for (const url of this.#applications.urls) this.#applications.deploy(url)
    this.#clock.after(this.#dice.between(1, 3_000), () => void this.#boot())
  }

  #arrangeCalls(urls: readonly string[]): void {
    const rush = this.#dice.chance(0.15) ? this.#arrangeRush(urls) : undefined
    const count = this.#dice.between(1, 6)
    // The scheduler decides without the store whether increasing ids are free; for others it asks the store.
    const prefix = this.#dice.pick(['root', '0root'])
    for (let index = 0; index < count; index += 1) {
      const isInRush = rush !== undefined && index < 4
      const root: Root = {
        id: `${prefix}${index}`,
        program: isInRush ? randomRush(this.#dice) : randomProgram(this.#dice, this.#dice.between(1, 3)),
        expirationMs: this.#dice.chance(0.2) ? this.#dice.between(1, 30_000) : 0,
        isAcknowledged: false,
        isCanceled: false,
        reported: undefined,
      }
      this.#roots.push(root)
      const url = isInRush ? rush.url : this.#dice.pick(urls)
      const atMs = isInRush ? rush.atMs : this.#dice.between(0, 10_000)
      this.#clock.after(atMs, () => void this.#submit(root, url))
      if (this.#dice.chance(0.15)) {
        this.#clock.after(this.#dice.between(0, 30_000), () => void this.#cancel(root))
      }
    }
  }

  /**
   * Several trees fan out at one endpoint at the same time, and soon most of the waiting calls of one tree are cancelled.
   * A call that has its turn, or may just be given it, is spared: that turn counts for its tree.
   */
  #arrangeRush(urls: readonly string[]): { readonly url: string; readonly atMs: number } {
    const url = this.#dice.pick(urls)
    const atMs = this.#dice.between(0, 10_000)
    this.#clock.after(atMs + this.#dice.between(1, 1_500), () => {
      const trees = this.#fairness.waitingAt(url)
      if (trees.size === 0) return
      const [root, ids] = this.#dice.pick([...trees])
      this.#tampered.add(root)
      for (const id of ids.slice(1)) if (id !== root && this.#dice.chance(0.8)) void this.#cancelCall(id)
    })
    return { url, atMs }
  }

  async #submit(root: Root, url: string): Promise<void> {
    const call = create(CallSchema, {
      endpoint: url,
      function: root.program.kind,
      input: encodeValue(root.program),
      dispatchId: root.id,
      ...(root.program.kind === 'leaf' && {
        concurrencyMax: LEAF_CONCURRENCY_MAX,
        concurrencyKey: keyOf(root.program),
        concurrencyKeyMax: KEY_CONCURRENCY_MAX,
      }),
      ...(root.program.kind === QUEUED && { concurrencyMax: 1 }),
    })
    if (root.expirationMs > 0) {
      call.expiration = create(CallSchema, {
        expiration: {
          seconds: BigInt(Math.floor(root.expirationMs / 1000)),
          nanos: (root.expirationMs % 1000) * 1e6,
        },
      }).expiration as never
    }
    if (this.#dice.chance(0.1))
      this.#clock.after(this.#dice.between(0, 20), () => this.#changeMind(root, call))
    await this.#dispatchUntilAcknowledged([call])
    root.isAcknowledged = true
    this.#log.say(`${root.id} is acknowledged`)
    if (this.#dice.chance(0.2)) {
      this.#clock.after(this.#dice.between(0, 60_000), () => void this.#dispatchUntilAcknowledged([call]))
    }
    if (this.#dice.chance(0.5)) void this.#waitFor(root)
  }

  /** The call may not be recorded yet. */
  #changeMind(root: Root, call: Call): void {
    void this.#cancel(root)
    void this.#dispatchUntilAcknowledged([call])
  }

  async #waitFor(root: Root): Promise<void> {
    const info = await this.#incarnation?.scheduler.wait(root.id, WORLD_MS_MAX).catch(() => undefined)
    if (info?.result !== undefined) root.reported = [info.status, outputOf(info.result)]
  }

  async #cancel(root: Root): Promise<void> {
    root.isCanceled = true
    await this.#cancelCall(root.id)
  }

  async #cancelCall(id: string): Promise<void> {
    this.#log.say(`${id} is cancelled`)
    const info = await this.#incarnation?.scheduler.cancel(id).catch(() => undefined)
    if (info !== undefined && info.state !== CallState.DONE) {
      this.#log.violate('I11', `${id} was cancelled and is still in state ${info.state}`)
    }
  }

  /** Any call may be cancelled at any moment. */
  #perhapsCancel(): void {
    if (!this.#isTroubled || !this.#dice.chance(this.#cancelRate)) return
    const live = [...this.#disk.calls.values()].filter((call) => call.state !== 'done')
    if (live.length === 0) return
    const { id, rootId } = this.#dice.pick(live)
    const root = this.#roots.find((each) => each.id === id)
    if (root !== undefined) void this.#cancel(root)
    else {
      this.#tampered.add(rootId)
      void this.#cancelCall(id)
    }
  }

  /** Repeats calls under the same ids, like a client whose requests get lost. */
  async #dispatchUntilAcknowledged(calls: Call[]): Promise<string[]> {
    for (;;) {
      const incarnation = this.#incarnation
      if (incarnation !== undefined) {
        const answer = await Promise.race([
          incarnation.scheduler.dispatch(calls).catch((error: Error) => error),
          incarnation.process.gone,
        ])
        if (Array.isArray(answer)) return answer
      }
      await this.#clock.pause(this.#dice.between(10, 500))
    }
  }

  #arrangeTrouble(urls: readonly string[]): void {
    const times = (max: number): number[] =>
      Array.from({ length: this.#dice.between(0, max) }, () => this.#dice.between(0, TROUBLE_MS))
    for (const atMs of times(3)) {
      this.#clock.after(atMs, () => this.#incarnation && this.#crash(this.#incarnation.process))
    }
    if (!this.#isLocal) {
      const anywhere = (): string => this.#dice.pick(urls)
      for (const atMs of times(3)) this.#clock.after(atMs, () => this.#applications.deploy(anywhere()))
      for (const atMs of times(2)) this.#clock.after(atMs, () => this.#applications.vanish(anywhere()))
      for (const atMs of times(2)) this.#clock.after(atMs, () => this.#applications.overload(anywhere()))
    }
    for (const atMs of times(2)) {
      const byMs = this.#dice.pick([-3_600_000, -5_000, 5_000, 3_600_000])
      if (this.#dice.chance(0.3)) {
        this.#clock.after(atMs, () => {
          this.#log.say(`the clock jumps by ${byMs} ms`)
          this.#clock.jump(byMs)
        })
      }
    }
    // After the faults the original code is deployed again; otherwise coroutines would restart forever between two versions.
    this.#clock.after(TROUBLE_MS, () => {
      for (const url of urls) this.#applications.deploy(url)
      if (this.#isLocal && this.#incarnation) this.#crash(this.#incarnation.process)
    })
  }

  /** I8 */
  async #untilRest(): Promise<void> {
    for (let steps = 0; ; steps += 1) {
      if (!(await this.#clock.quiet())) {
        return this.#log.violate(
          'I8',
          `activity at one instant does not end: ${this.#unfinished().join(', ')}`,
        )
      }
      if (!this.#isTroubled && this.#incarnation !== undefined && this.#isDone()) return
      if (steps > STEPS_MAX || this.#clock.trueMs > WORLD_MS_MAX) {
        return this.#log.violate('I8', `not at rest after ${steps} steps: ${this.#unfinished().join(', ')}`)
      }
      if (!this.#clock.advance()) {
        return this.#log.violate(
          'I8',
          `nothing is scheduled, and these calls are not done: ${this.#unfinished().join(', ')}`,
        )
      }
    }
  }

  #isDone(): boolean {
    return this.#roots.every((root) => root.isAcknowledged) && this.#unfinished().length === 0
  }

  #unfinished(): string[] {
    return [...this.#disk.calls.values()]
      .filter((call) => call.state !== 'done')
      .map((call) => `${call.id} (${call.state})`)
  }

  async #check(): Promise<void> {
    const end: End = {
      disk: this.#disk,
      log: this.#log,
      tampered: this.#tampered,
      unknown: this.#unknown,
      hasJumped: this.#clock.hasJumped,
    }
    for (const root of this.#roots) await checkRoot(root, end)
    await checkRemains(this.#incarnation?.scheduler, end)
  }
}

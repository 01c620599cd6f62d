import { DispatchError, type Logger } from '@dispatch/protocol'
import { type EndedCalls, UUIDV7_BELOW } from './calls/ended-calls.js'
import type { Waiters } from './calls/waiters.js'
import type { Driver } from './driver/driver.js'
import type { Kernel } from './kernel/kernel.js'
import type { Runs } from './runs/runs.js'
import type { Pruner } from './store/pruner.js'
import type { Store } from './store/store.js'
import { timeSeenIn } from './store/time-seen.js'
import type { SteadyClock } from './time/steady-clock.js'

/** The parts of a scheduler that are opened, started, stopped or closed. */
export interface SchedulerParts {
  readonly store: Store
  readonly logger: Logger
  readonly clock: SteadyClock
  readonly kernel: Kernel
  readonly driver: Driver
  readonly runs: Runs
  readonly pruner: Pruner
  readonly waiters: Waiters
  readonly ended: EndedCalls
}

/** Opens, starts, stops and closes a scheduler. Concurrent calls of one of these wait for the one that is under way. */
export class SchedulerLife {
  readonly #parts: SchedulerParts
  #state: 'new' | 'open' | 'started' | 'stopped' | 'closed' = 'new'
  #opening: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(parts: SchedulerParts) {
    this.#parts = parts
  }

  get isStarted(): boolean {
    return this.#state === 'started'
  }

  /** @throws {DispatchError} When calls can be neither taken nor read: not open, closed, or the store has failed. */
  assertUsable(): void {
    if (this.#parts.driver.isBroken) {
      throw new DispatchError(
        'permanent',
        'the scheduler has stopped because its store failed; see its log, then restart it',
      )
    }
    if (this.#state === 'new' || this.#state === 'closed') {
      const problem = this.#state === 'new' ? 'has not been opened yet' : 'has been closed'
      throw new DispatchError('temporary', `the scheduler ${problem}`)
    }
  }

  open(): Promise<void> {
    if (this.#state !== 'new') return Promise.resolve()
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /** @throws {TypeError} When the scheduler is not open. */
  start(): void {
    if (this.#state === 'started') return
    if (this.#state !== 'open')
      throw new TypeError(`start(): expected a scheduler that is open, got one that is ${this.#state}`)
    this.#state = 'started'
    this.#parts.driver.submit({ kind: 'open' })
    this.#parts.pruner.start()
  }

  async stop(graceMs: number): Promise<void> {
    if (this.#state === 'started') this.#stopping = this.#stop(graceMs)
    await this.#stopping
  }

  /** Waits for an `open()` or a `stop()` that is under way. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #open(): Promise<void> {
    const { store } = this.#parts
    await store.open()
    try {
      await this.#load()
    } catch (error) {
      // Some of the calls may have been taken over, so this scheduler cannot be opened again. Another one can open the file.
      this.#state = 'closed'
      await store.close()
      throw error
    }
    this.#state = 'open'
  }

  async #load(): Promise<void> {
    const { store, kernel, clock, ended } = this.#parts
    let seenMs = 0
    const finished = await store.load((calls) => {
      seenMs = Math.max(seenMs, timeSeenIn(calls))
      kernel.take(calls)
    })
    this.#catchUp(seenMs)
    kernel.restore(finished, clock.nowMs())
    ended.startAbove(await store.highestId(UUIDV7_BELOW))
  }

  /** T3 */
  #catchUp(seenMs: number): void {
    const { clock, logger } = this.#parts
    const behindMs = clock.startFrom(seenMs)
    if (behindMs === 0) return
    logger.warn(
      { behindMs },
      'the clock is behind the store: time continues from the latest time in the store',
    )
  }

  async #stop(graceMs: number): Promise<void> {
    const { pruner, driver, runs } = this.#parts
    this.#state = 'stopped'
    pruner.stop()
    driver.submit({ kind: 'close' })
    await runs.stop(graceMs)
    driver.stop()
    await driver.whenSettled()
  }

  async #close(): Promise<void> {
    const { store, driver, waiters } = this.#parts
    if (this.#opening !== undefined) await this.#opening.catch(() => undefined)
    if (this.#state === 'closed') return
    await this.stop(0)
    this.#state = 'closed'
    driver.stop()
    await driver.whenSettled()
    waiters.rejectAll(new DispatchError('temporary', 'the scheduler has been closed'))
    await store.close()
  }
}

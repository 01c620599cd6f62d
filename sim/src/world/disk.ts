import { DispatchError } from '@dispatch/protocol'
import { type CallRecord, createMemoryStore, RETRY_POLICY, type Store, type Write } from '@dispatch/scheduler'
import type { Dice } from '../tools/dice.js'
import type { FairnessCheck } from '../tools/fairness.js'
import { never, type Process } from '../tools/process.js'
import type { Log } from '../tools/violations.js'
import type { VirtualClock } from '../tools/virtual-clock.js'

export interface DiskFaults {
  /** Probability that a commit fails without effect and the process continues. */
  readonly commitFails: number
  /** Probability that the process dies before a commit has an effect. */
  readonly crashBeforeCommit: number
  /** Probability that the process dies after a commit has taken effect and before it is acknowledged. */
  readonly crashAfterCommit: number
}

/** The disk of the world: it survives processes and checks their writes. */
export class Disk {
  readonly #store: Store = createMemoryStore()
  readonly #clock: VirtualClock
  readonly #dice: Dice
  readonly #log: Log
  readonly #calls = new Map<string, CallRecord>()
  readonly #fairness: FairnessCheck
  /** By call and restart: the received ordinals and the number of journal entries. */
  readonly #received = new Map<string, { ordinals: Set<number>; entries: number }>()

  constructor(clock: VirtualClock, dice: Dice, log: Log, fairness: FairnessCheck) {
    this.#clock = clock
    this.#dice = dice
    this.#log = log
    this.#fairness = fairness
  }

  async open(): Promise<void> {
    await this.#store.open()
  }

  get raw(): Store {
    return this.#store
  }

  get calls(): ReadonlyMap<string, CallRecord> {
    return this.#calls
  }

  /** The disk of one process. After the process has ended, its requests are not answered. */
  storeOf(process: Process, faults: () => DiskFaults, crash: () => void): Store {
    const ask = async <T>(work: () => Promise<T>): Promise<T> => {
      await this.#clock.pause(this.#dice.next() * 3)
      if (!process.isAlive) return never()
      const answer = await work()
      return process.isAlive ? answer : never()
    }
    return {
      open: async () => {},
      close: async () => {},
      load: (take) => ask(() => this.#store.load(take)),
      readPayloads: (ids) => ask(() => this.#store.readPayloads(ids)),
      readCall: (id) => ask(() => this.#store.readCall(id)),
      existing: (ids) => ask(() => this.#store.existing(ids)),
      highestId: (bound) => ask(() => this.#store.highestId(bound)),
      readResults: (id, restarts, ordinals, bytesMax) =>
        ask(() => this.#store.readResults(id, restarts, ordinals, bytesMax)),
      readJournal: (id, restarts) => ask(() => this.#store.readJournal(id, restarts)),
      prune: (beforeMs, treesMax) => ask(() => this.#store.prune(beforeMs, treesMax)),
      commit: (writes) => ask(() => this.#commit(process, writes, faults(), crash)),
    }
  }

  async #commit(
    process: Process,
    writes: readonly Write[],
    faults: DiskFaults,
    crash: () => void,
  ): Promise<void> {
    if (this.#dice.chance(faults.commitFails)) {
      this.#log.say(`${process.name} commit fails`)
      throw new DispatchError('temporary', 'no space left on device')
    }
    if (this.#dice.chance(faults.crashBeforeCommit)) {
      crash()
      return never()
    }
    await this.#store.commit(writes)
    this.#fairness.committed(writes)
    for (const write of writes) this.#watch(write)
    this.#log.say(`${process.name} commits ${writes.map(describe).join(', ')}`)
    if (this.#dice.chance(faults.crashAfterCommit)) {
      crash()
      return never()
    }
  }

  #watch(write: Write): void {
    if (write.kind === 'journal') {
      this.#watchJournal(write)
      return
    }
    const before = this.#calls.get(write.call.id)
    if (before?.state === 'done') this.#log.violate('I2', `${write.call.id} changes after it was done`)
    this.#calls.set(write.call.id, write.call)
    const { attemptsMax } = write.call.options
    if (attemptsMax > 0 && write.call.attempts > attemptsMax) {
      this.#log.violate('I6', `${write.call.id} had ${write.call.attempts} attempts of ${attemptsMax}`)
    }
    this.#watchBackOff(write.call)
  }

  /** No back-off in a simulated world is longer than the policy's. */
  #watchBackOff(call: CallRecord): void {
    if (call.state !== 'scheduled' || this.#clock.hasJumped) return
    const tries = Math.max(call.attempts, call.restarts - 1)
    const delayMs = call.dueAtMs - this.#clock.wallMs
    const ceilingMs = Math.min(RETRY_POLICY.delayMsMax, RETRY_POLICY.delayMsMin * 2 ** (tries - 1))
    if (delayMs > ceilingMs)
      this.#log.violate('I6', `${call.id} waits ${delayMs} ms of ${ceilingMs} before try ${tries + 1}`)
  }

  #watchJournal(write: Extract<Write, { kind: 'journal' }>): void {
    const key = `${write.callId} ${write.restarts}`
    const received = this.#received.get(key) ?? { ordinals: new Set(), entries: 0 }
    this.#received.set(key, received)
    if (write.position !== received.entries) {
      this.#log.violate('I3', `${key}: run ${write.position} is recorded after ${received.entries} others`)
    }
    received.entries += 1
    for (const ordinal of write.ordinals) {
      if (received.ordinals.has(ordinal))
        this.#log.violate('I4', `${key} received the result of ${ordinal} twice`)
      received.ordinals.add(ordinal)
    }
  }
}

function describe(write: Write): string {
  if (write.kind === 'journal')
    return `journal ${write.callId} ${write.position} [${write.ordinals.join(' ')}]`
  const { id, state, statusCode, function: name } = write.call
  return `${write.kind} ${id} ${name} ${state}${state === 'done' ? ` ${statusCode}` : ''}`
}

import { STATUSES, type Status } from '@dispatch/protocol'
import type {
  Decision,
  DoneEffect,
  Event,
  NewCall,
  Outcome,
  PolledCall,
  PollOutcome,
  RunEffect,
} from '../../dist/kernel/events/events.js'
import { Kernel } from '../../dist/kernel/kernel.js'
import type { RetryPolicy } from '../../dist/kernel/state/retry-policy.js'
import type { CallRecord, FinishedChild } from '../../dist/store/store.js'

const BYTES = new Uint8Array()
export const NO_OPTIONS = {
  attemptsMax: 0,
  giveUpAfterMs: 0,
  concurrencyMax: 0,
  runMsMax: 0,
  priority: 0,
  concurrencyKeyMax: 0,
}

export function newCall(name: string, more: Partial<NewCall> = {}): NewCall {
  return {
    endpoint: 'http://a',
    function: name,
    version: '',
    options: NO_OPTIONS,
    concurrencyKey: '',
    input: BYTES,
    expirationMs: 0,
    delayMs: 0,
    ...more,
  }
}

export function exit(status: Status, more: { result?: Uint8Array; retryAfterMs?: number } = {}): Outcome {
  return { kind: 'exit', statusCode: STATUSES[status].code, result: BYTES, retryAfterMs: 0, ...more }
}

export function failure(source: 'transport' | 'endpoint' | 'function', status: Status): Outcome {
  return { kind: 'failure', source, statusCode: STATUSES[status].code, result: BYTES, retryAfterMs: 0 }
}

/** A Poll that makes calls of these functions, with correlation ids from `first` on. */
export function poll(
  names: readonly string[],
  more: Partial<Omit<PollOutcome, 'kind' | 'calls'>> & {
    first?: number
    call?: Partial<NewCall>
  } = {},
): Outcome {
  const { first = 1, call, ...rest } = more
  const calls: PolledCall[] = names.map((name, index) => ({
    correlationId: BigInt(first + index),
    call: newCall(name, { endpoint: '', ...call }),
  }))
  return {
    kind: 'poll',
    state: BYTES,
    calls,
    minResults: 1,
    maxResults: 1000,
    maxWaitMs: 0,
    wakeOnFailure: false,
    journalEntry: BYTES,
    ...rest,
  }
}

/** A kernel with its own clock, a record of its decisions, and a store made of its writes. */
export class World {
  readonly kernel: Kernel
  nowMs = 1_000_000
  /** For back-offs: nearly 1, so that delays are just below their maximum. */
  roll = 0.999_999
  readonly decisions: Decision[] = []
  readonly records = new Map<string, CallRecord>()
  readonly journal: { callId: string; restarts: number; position: number; ordinals: readonly number[] }[] = []
  #runs: RunEffect[] = []
  #done: DoneEffect[] = []
  #aborts: string[] = []
  readonly #finished: string[] = []

  constructor(policy?: RetryPolicy, options: { isOpen?: boolean } = {}) {
    this.kernel = new Kernel(policy)
    if (options.isOpen !== false) this.apply({ kind: 'open' })
  }

  apply(event: Event): Decision {
    const decision = this.kernel.apply(this.nowMs, event)
    this.decisions.push(decision)
    for (const write of decision.writes) {
      if (write.kind === 'journal') {
        this.journal.push(write)
        continue
      }
      if ((write.kind === 'insert') === this.records.has(write.call.id)) {
        throw new Error(
          `${write.kind} of ${write.call.id}, which ${write.kind === 'insert' ? 'exists' : 'does not exist'}`,
        )
      }
      this.records.set(write.call.id, write.call)
      if (write.call.state === 'done') this.#finished.push(write.call.id)
    }
    for (const effect of decision.effects) {
      if (effect.kind === 'run') this.#runs.push(effect)
      else if (effect.kind === 'done') this.#done.push(effect)
      else this.#aborts.push(`${effect.id} ${effect.reason}`)
    }
    return decision
  }

  submit(...calls: (NewCall & { id?: string; tenant?: string })[]): void {
    this.apply({
      kind: 'submit',
      calls: calls.map(({ id, tenant = '', ...call }) => ({ id: id ?? call.function, tenant, call })),
    })
  }

  /** The runs started since the last call of this method. */
  takeRuns(): RunEffect[] {
    const runs = this.#runs
    this.#runs = []
    return runs
  }

  /** The only run started since the last call of this method. */
  takeRun(): RunEffect {
    const runs = this.takeRuns()
    if (runs.length !== 1)
      throw new Error(`expected one run, got ${runs.map((run) => run.id).join(', ') || 'none'}`)
    return runs[0] as RunEffect
  }

  takeDone(): DoneEffect[] {
    const done = this.#done
    this.#done = []
    return done
  }

  takeAborts(): string[] {
    const aborts = this.#aborts
    this.#aborts = []
    return aborts
  }

  end(run: RunEffect, outcome: Outcome): void {
    this.apply({ kind: 'ran', id: run.id, run: run.run, outcome, roll: this.roll })
  }

  /** Advances the clock and applies a tick. */
  pass(ms: number): void {
    this.nowMs += ms
    this.apply({ kind: 'tick' })
  }

  /** What a store would load now: see `Store.load`. */
  snapshot(): { calls: CallRecord[]; finished: FinishedChild[] } {
    const calls = [...this.records.values()].filter((call) => call.state !== 'done')
    const finished: FinishedChild[] = []
    for (const id of this.#finished) {
      const child = this.records.get(id) as CallRecord
      const parent = this.records.get(child.parentId)
      if (parent === undefined || parent.state === 'done' || parent.restarts !== child.parentRestarts)
        continue
      const isJournaled = this.journal.some(
        (entry) =>
          entry.callId === parent.id &&
          entry.restarts === parent.restarts &&
          entry.ordinals.includes(child.ordinal),
      )
      if (!isJournaled) finished.push(child)
    }
    return { calls, finished }
  }

  /** The process dies and is restarted with what it wrote. */
  restart({ clockSetBackMs = 0 } = {}): World {
    const world = new World(undefined, { isOpen: false })
    world.nowMs = this.nowMs - clockSetBackMs
    const { calls, finished } = this.snapshot()
    world.kernel.take(calls)
    world.kernel.restore(finished, world.nowMs)
    for (const [id, record] of this.records) world.records.set(id, record)
    world.journal.push(...this.journal)
    world.#finished.push(...this.#finished)
    world.apply({ kind: 'open' })
    return world
  }
}

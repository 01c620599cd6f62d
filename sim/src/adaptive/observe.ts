import { STATUSES } from '@dispatch/protocol'
import type {
  Effect,
  Event,
  Outcome,
  SubmittedCall,
} from '../../../packages/scheduler/dist/kernel/events/events.js'
import { Kernel } from '../../../packages/scheduler/dist/kernel/kernel.js'
import { Dice } from '../tools/dice.js'
import { VirtualClock } from '../tools/virtual-clock.js'
import { Destination, type DestinationOptions } from './destination.js'

/** Calls that are always waiting, so that only the limit restricts them: the maximum of a limit. */
const BACKLOG = 1_000

/** Time on the network, one way, as a share of the work. */
const NETWORK_SHARE = 0.01

const BYTES = new Uint8Array()
const NO_OPTIONS = {
  attemptsMax: 0,
  giveUpAfterMs: 0,
  concurrencyMax: 0,
  runMsMax: 0,
  priority: 0,
  concurrencyKeyMax: 0,
}

/** An endless stream of calls of one tenant to one function at one destination: one limit. */
export interface Flow {
  readonly tenant: string
  readonly function: string
  readonly destination: DestinationOptions
  readonly beginsAtMs: number
}

/** The limit of a flow, and its runs since the previous sample. */
export interface FlowSample {
  readonly limit: number
  readonly inFlight: number
  readonly admitted: number
  readonly throttled: number
}

export interface Sample {
  readonly atMs: number
  /** In the order of the flows. */
  readonly flows: readonly FlowSample[]
  /** By name of the destination. */
  readonly capacity: Readonly<Record<string, number>>
  readonly busy: Readonly<Record<string, number>>
}

/**
 * Runs the kernel of the scheduler against destinations of unknown capacity, in virtual time.
 *
 * @param seed - Seed of all random numbers.
 * @param forMs - Virtual time in all.
 * @param everyMs - Virtual time between two samples.
 */
export function observe(
  seed: number,
  flows: readonly Flow[],
  { forMs, everyMs }: { readonly forMs: number; readonly everyMs: number },
): Sample[] {
  const world = new World(seed, flows)
  const samples: Sample[] = []
  for (let atMs = everyMs; atMs <= forMs; atMs += everyMs) {
    world.passUntil(atMs)
    samples.push(world.sample())
  }
  return samples
}

class World {
  readonly #clock = new VirtualClock()
  readonly #kernel = new Kernel()
  readonly #destinations = new Map<string, Destination>()
  readonly #flows: readonly Flow[]
  readonly #networkMs = new Map<string, number>()
  readonly #counts: { admitted: number; throttled: number }[]
  /** Each flow has its own random numbers, so that flows do not affect each other. */
  readonly #rolls: readonly Dice[]
  #calls = 0

  constructor(seed: number, flows: readonly Flow[]) {
    this.#flows = flows
    this.#rolls = flows.map((_, index) => new Dice(seed * 1_000 + index))
    this.#counts = flows.map(() => ({ admitted: 0, throttled: 0 }))
    this.#apply({ kind: 'open' })
    for (const [index, { destination, beginsAtMs }] of flows.entries()) {
      if (!this.#destinations.has(destination.name)) {
        const dice = this.#rolls[index] as Dice
        this.#destinations.set(destination.name, new Destination(destination, this.#clock, dice.fork()))
        this.#networkMs.set(destination.name, destination.workMs * NETWORK_SHARE)
      }
      this.#clock.after(beginsAtMs, () => this.#submit(index, BACKLOG))
    }
  }

  passUntil(trueMs: number): void {
    let isReached = false
    this.#clock.after(trueMs - this.#clock.trueMs, () => {
      isReached = true
    })
    while (!isReached) this.#clock.advance()
  }

  sample(): Sample {
    const stats = this.#kernel.functionStats()
    const destinations = [...this.#destinations.values()]
    return {
      atMs: this.#clock.trueMs,
      flows: this.#flows.map((flow, index) => {
        const { admitted, throttled } = this.#counts[index] as { admitted: number; throttled: number }
        this.#counts[index] = { admitted: 0, throttled: 0 }
        const found = stats.find(
          (each) =>
            each.tenant === flow.tenant &&
            each.endpoint === flow.destination.name &&
            each.function === flow.function,
        )
        return { limit: found?.limit ?? 0, inFlight: found?.inFlight ?? 0, admitted, throttled }
      }),
      capacity: Object.fromEntries(destinations.map(({ name, capacity }) => [name, capacity])),
      busy: Object.fromEntries(destinations.map(({ name, busy }) => [name, busy])),
    }
  }

  #submit(flow: number, count: number): void {
    const { tenant, function: name, destination } = this.#flows[flow] as Flow
    const call = {
      endpoint: destination.name,
      function: name,
      version: '',
      options: NO_OPTIONS,
      concurrencyKey: '',
      input: BYTES,
      expirationMs: 0,
      delayMs: 0,
    }
    const calls: SubmittedCall[] = Array.from({ length: count }, () => ({
      id: `${flow} ${++this.#calls}`,
      tenant,
      call,
    }))
    this.#apply({ kind: 'submit', calls })
  }

  #apply(event: Event): void {
    const { effects } = this.#kernel.apply(this.#clock.wallMs, event)
    for (const effect of effects) {
      if (effect.kind === 'run') this.#run(effect)
      else if (effect.kind === 'done') this.#submit(flowOf(effect.call.id), 1)
    }
    this.#setTimer()
  }

  #run(run: Extract<Effect, { kind: 'run' }>): void {
    const networkMs = this.#networkMs.get(run.endpoint) as number
    this.#clock.after(networkMs, () => {
      this.#destinations.get(run.endpoint)?.run((isAdmitted) => {
        this.#clock.after(networkMs, () => this.#ended(run, isAdmitted))
      })
    })
  }

  #ended(run: Extract<Effect, { kind: 'run' }>, isAdmitted: boolean): void {
    const flow = flowOf(run.id)
    const counts = this.#counts[flow] as { admitted: number; throttled: number }
    const roll = (this.#rolls[flow] as Dice).next()
    if (isAdmitted) counts.admitted += 1
    else counts.throttled += 1
    const outcome: Outcome = isAdmitted
      ? { kind: 'exit', statusCode: STATUSES.ok.code, result: BYTES, retryAfterMs: 0 }
      : {
          kind: 'failure',
          source: 'endpoint',
          statusCode: STATUSES.throttled.code,
          result: BYTES,
          retryAfterMs: 0,
        }
    this.#apply({ kind: 'ran', id: run.id, run: run.run, outcome, roll })
  }

  #timerAtMs = Number.POSITIVE_INFINITY

  #setTimer(): void {
    const atMs = this.#kernel.nextTickAtMs
    if (atMs >= this.#timerAtMs) return
    this.#timerAtMs = atMs
    this.#clock.after(atMs - this.#clock.wallMs, () => {
      if (this.#timerAtMs === atMs) this.#timerAtMs = Number.POSITIVE_INFINITY
      this.#apply({ kind: 'tick' })
    })
  }
}

function flowOf(callId: string): number {
  return Number(callId.slice(0, callId.indexOf(' ')))
}

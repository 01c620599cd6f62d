import { type FunctionStats, STATUSES, statusOfCode } from '@dispatch/protocol'
import type { CallOptions } from '../../store/store.js'
import type { NewCall, Outcome } from '../events.js'
import type { CallNode } from '../node/call-node.js'
import { AdaptiveLimit, ENDPOINT_LIMIT, FUNCTION_LIMIT } from './adaptive-limit.js'
import { KeyLimits } from './key-limits.js'
import { PriorityQueue } from './priority-queue.js'
import { Turns } from './round-robin.js'
import { RunTally } from './run-tally.js'

/**
 * Targets that are kept to be shared. Callers may set limits that are another with each call, such as the time that is left.
 */
const TARGETS_KEPT_MAX = 10_000

/** Functions without a live call whose limits are kept for their next one. */
const IDLE_SLOTS_MAX = 10_000

/** A function at an endpoint, with the limits its callers set: shared by the calls that are alike in this. */
export interface Target {
  readonly endpoint: string
  readonly function: string
  readonly version: string
  readonly options: CallOptions
  readonly slot: Slot
}

/** An endpoint: failures to reach it count against everything that runs there. */
interface EndpointSlot {
  readonly url: string
  readonly limit: AdaptiveLimit
  /** Slots that have room of their own and wait for the endpoint's. There is none while there are any. */
  readonly waiting: Turns<Slot>
  /** How many slots it has. */
  slots: number
}

/** What adaptive concurrency is kept per: tenant, endpoint and function. */
export interface Slot {
  readonly key: string
  readonly endpoint: EndpointSlot
  readonly limit: AdaptiveLimit
  readonly queue: PriorityQueue<CallNode>
  readonly keys: KeyLimits<CallNode>
  readonly tally: RunTally
  /** Its calls that are not done. */
  calls: number
}

/**
 * Who may run now: the queues and limits of all functions.
 *
 * S1 A call runs only if its function and its endpoint both have room.
 * S2 Calls of one function start by priority, and within one in the order of its fair queue.
 * S3 Functions that wait for room at one endpoint take turns.
 * S4 A fixed limit (`concurrencyMax`) of the call whose turn it is binds beside the adaptive one.
 * S5 A call whose key is used up (`concurrencyKey`) steps aside and holds up nobody (key-limits.ts).
 * S6 What is known of a function is kept while it has calls, and of the last 10,000 that have none.
 */
export class Slots {
  readonly #endpoints = new Map<string, EndpointSlot>()
  readonly #slots = new Map<string, { slot: Slot; tenant: string; endpoint: string; function: string }>()
  readonly #targets = new Map<string, Target>()
  /** Calls that come one after the other are mostly alike. */
  #lastTarget: { readonly tenant: string; readonly target: Target } | undefined
  /** Slots in which something may have changed since the last {@link takeNext}. */
  readonly #ready = new Turns<Slot>()
  /** Slots without calls, longest first. */
  readonly #idle = new Set<Slot>()

  /** Targets that are kept: no more than 10,000. */
  get targets(): number {
    return this.#targets.size
  }

  target(tenant: string, call: Omit<Target, 'slot'>): Target {
    const last = this.#lastTarget
    if (last !== undefined && last.tenant === tenant && isAlike(last.target, call)) return last.target
    const target = this.#findTarget(tenant, call)
    this.#lastTarget = { tenant, target }
    return target
  }

  #findTarget(tenant: string, call: Omit<Target, 'slot'>): Target {
    const slotKey = `${tenant}\n${call.endpoint}\n${call.function}`
    const key = `${slotKey}\n${call.version}\n${optionsKey(call.options)}`
    let target = this.#targets.get(key)
    if (target === undefined) {
      const slot = this.#slot(slotKey, tenant, call.endpoint, call.function)
      const { endpoint, version, options } = call
      target = { endpoint, function: call.function, version, options, slot }
      if (this.#targets.size >= TARGETS_KEPT_MAX) this.#targets.clear()
      this.#targets.set(key, target)
    }
    return target
  }

  /** The slot has one more call that is not done. */
  enter(slot: Slot): void {
    if (slot.calls === 0) this.#idle.delete(slot)
    slot.calls += 1
  }

  /** S6 */
  leave(slot: Slot): void {
    slot.calls -= 1
    if (slot.calls > 0) return
    this.#idle.add(slot)
    if (this.#idle.size > IDLE_SLOTS_MAX) this.#forgetIdle()
  }

  enqueue(node: CallNode): void {
    node.target.slot.queue.push(node)
    this.#ready.add(node.target.slot)
  }

  /** A call waits no longer, because it is done. */
  withdraw(node: CallNode): void {
    const { queue, keys } = node.target.slot
    const next = node.isQueued ? keys.passOn(node) : undefined // S5
    queue.withdraw(node)
    keys.withdraw(node)
    if (next !== undefined) this.enqueue(next)
    // Those behind it may be allowed more runs at one time than it was.
    this.#ready.add(node.target.slot)
    this.leave(node.target.slot)
  }

  /** The next call that may run, its slot taken; `undefined` when there is none. */
  takeNext(): CallNode | undefined {
    for (let slot = this.#ready.take(); slot !== undefined; slot = this.#ready.take()) {
      const node = this.#takeFrom(slot)
      if (node !== undefined) {
        this.#ready.add(slot) // S3
        return node
      }
      // It may have been called for room of which it has no use.
      this.#callWaiting(slot.endpoint)
    }
    return undefined
  }

  /** The limits follow how a run of this call ended (K14). Before {@link release}. @param lastRun - The newest run. */
  adjust(node: CallNode, outcome: Outcome, lastRun: number): void {
    const { limit, endpoint } = node.target.slot
    if (outcome.kind === 'journal-wanted' || outcome.kind === 'abandoned') return
    node.target.slot.tally.count(outcome.kind === 'poll' ? undefined : statusOfCode(outcome.statusCode))
    if (outcome.kind === 'failure' && outcome.source === 'transport') {
      endpoint.limit.decrease(node.run, lastRun)
      limit.decrease(node.run, lastRun)
      return
    }
    endpoint.limit.increase(node.run, lastRun)
    const effect =
      outcome.kind === 'poll' ? 'increase' : STATUSES[statusOfCode(outcome.statusCode)].concurrency
    if (effect === 'increase') limit.increase(node.run, lastRun)
    else if (effect === 'decrease') limit.decrease(node.run, lastRun)
  }

  /** Gives back the slot of a run that has ended. */
  release(node: CallNode): void {
    const { slot } = node.target
    const { endpoint } = slot
    slot.limit.release()
    endpoint.limit.release()
    const next = slot.keys.release(node) // S5
    if (next !== undefined) slot.queue.push(next)
    // S3: those that have waited for the endpoint go before the one that has just run.
    this.#ready.delete(slot)
    this.#callWaiting(endpoint)
    this.#ready.add(slot)
  }

  /** As many as the endpoint has room for: there may be thousands. */
  #callWaiting({ limit, waiting }: EndpointSlot): void {
    for (let left = Math.min(limit.room, waiting.size); left > 0; left -= 1)
      this.#ready.add(waiting.take() as Slot)
  }

  /** Lets every function be looked at again: after a pause. */
  wakeAll(): void {
    for (const { slot } of this.#slots.values()) this.#ready.add(slot)
  }

  stats(): FunctionStats[] {
    return [...this.#slots.values()].map(({ slot, tenant, endpoint, function: name }) => ({
      tenant,
      endpoint,
      function: name,
      limit: slot.limit.limit,
      limitMin: slot.limit.limitMin,
      limitMax: slot.limit.limitMax,
      inFlight: slot.limit.inFlight,
      waiting: slot.queue.size + slot.keys.asideCount,
      ended: slot.tally.ended,
      suspended: slot.tally.suspended,
    }))
  }

  /** Many at once, since the targets that hold them go with them. */
  #forgetIdle(): void {
    for (const slot of this.#idle) {
      if (this.#idle.size <= 0.9 * IDLE_SLOTS_MAX) break
      const { key, endpoint } = slot
      this.#idle.delete(slot)
      this.#slots.delete(key)
      this.#ready.delete(slot)
      endpoint.waiting.delete(slot)
      endpoint.slots -= 1
      if (endpoint.slots === 0) this.#endpoints.delete(endpoint.url)
    }
    this.#targets.clear()
    this.#lastTarget = undefined
  }

  #takeFrom(slot: Slot): CallNode | undefined {
    const { limit, queue, keys, endpoint } = slot
    if (!limit.hasRoom) return undefined
    let next = queue.peek()
    while (next !== undefined && !keys.admits(next)) {
      queue.shift()
      next = queue.peek()
    }
    if (next === undefined) return undefined
    const { concurrencyMax } = next.target.options
    if (concurrencyMax > 0 && limit.inFlight >= concurrencyMax) return undefined
    if (!endpoint.limit.hasRoom) {
      endpoint.waiting.add(slot)
      return undefined
    }
    queue.shift()
    limit.take()
    keys.take(next)
    endpoint.limit.take()
    return next
  }

  #slot(key: string, tenant: string, endpointUrl: string, name: string): Slot {
    const known = this.#slots.get(key)
    if (known !== undefined) return known.slot
    let endpoint = this.#endpoints.get(endpointUrl)
    if (endpoint === undefined) {
      endpoint = {
        url: endpointUrl,
        limit: new AdaptiveLimit(ENDPOINT_LIMIT),
        waiting: new Turns(),
        slots: 0,
      }
      this.#endpoints.set(endpointUrl, endpoint)
    }
    endpoint.slots += 1
    const slot: Slot = {
      key,
      endpoint,
      limit: new AdaptiveLimit(FUNCTION_LIMIT),
      queue: new PriorityQueue<CallNode>(),
      keys: new KeyLimits<CallNode>(),
      tally: new RunTally(),
      calls: 0,
    }
    this.#slots.set(key, { slot, tenant, endpoint: endpointUrl, function: name })
    return slot
  }
}

/** What a call in a Poll, or a tail call, leaves out it has from the one that makes it: endpoint and priority. */
export function inheritedTarget(call: NewCall, from: Target): Omit<Target, 'slot'> {
  const { options } = call
  const { priority } = from.options
  return {
    endpoint: call.endpoint || from.endpoint,
    function: call.function,
    version: call.version,
    options: options.priority === 0 && priority !== 0 ? { ...options, priority } : options,
  }
}

function isAlike(target: Target, call: Omit<Target, 'slot'>): boolean {
  return (
    target.function === call.function &&
    target.endpoint === call.endpoint &&
    target.version === call.version &&
    OPTION_NAMES.every((name) => target.options[name] === call.options[name])
  )
}

/** A text that is the same for options that are the same. */
function optionsKey(options: CallOptions): string {
  return OPTION_NAMES.map((name) => options[name]).join(' ')
}

const OPTION_NAMES = Object.keys({
  attemptsMax: true,
  giveUpAfterMs: true,
  concurrencyMax: true,
  runMsMax: true,
  priority: true,
  concurrencyKeyMax: true,
} satisfies Record<keyof CallOptions, true>) as (keyof CallOptions)[]

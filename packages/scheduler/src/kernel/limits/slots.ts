import { type FunctionStats, STATUSES, statusOfCode } from '@dispatch/protocol'
import type { Outcome } from '../events/events.js'
import { AdaptiveLimit, ENDPOINT_LIMIT, FUNCTION_LIMIT } from './adaptive-limit.js'
import { type Keyed, KeyLimits } from './key-limits.js'
import { type Prioritized, PriorityQueue } from './priority-queue.js'
import { RoundRobin } from './round-robin.js'
import { RunTally } from './run-tally.js'
import { isSameTarget, type TargetFields, targetKey } from './target.js'

/** Targets that are kept to be shared. Callers may set options that differ with each call, such as the time that is left. */
const TARGETS_KEPT_MAX = 10_000

/** Functions without a live call whose limits are kept for their next one. */
const IDLE_SLOTS_MAX = 10_000

/** A call as far as limits are concerned. */
export interface LimitedCall<Call extends LimitedCall<Call>> extends Prioritized, Keyed {
  readonly target: Target<Call>
  /** Number of its present run. */
  readonly run: number
}

/** Where a call runs and with which options: shared by the calls for which it is the same. */
export interface Target<Call extends LimitedCall<Call>> extends TargetFields {
  readonly slot: Slot<Call>
}

/** An endpoint: failures to reach it lower the concurrency of everything that runs there. */
interface EndpointSlot<Call extends LimitedCall<Call>> {
  readonly url: string
  readonly limit: AdaptiveLimit
  /** Slots that have capacity of their own and wait for that of the endpoint. Empty while the endpoint has some. */
  readonly waiting: RoundRobin<Slot<Call>>
  /** How many slots it has. */
  slots: number
}

/** The queue and the limits of one limit key: tenant, endpoint and function. */
export interface Slot<Call extends LimitedCall<Call>> {
  readonly key: string
  readonly tenant: string
  readonly function: string
  readonly endpoint: EndpointSlot<Call>
  readonly limit: AdaptiveLimit
  readonly queue: PriorityQueue<Call>
  readonly keys: KeyLimits<Call>
  readonly tally: RunTally
  /** Its calls that are not done. */
  calls: number
}

/**
 * Decides which call runs next: the queues and limits of all functions.
 *
 * S1 A call runs only if both its function and its endpoint have capacity.
 * S2 Calls of one function start by priority, and within one priority in the order of its fair queue.
 * S3 Functions that wait for capacity of one endpoint are served round robin.
 * S4 A fixed limit (`concurrencyMax`) of the next call of a function binds beside the adaptive one.
 * S5 A call whose key is at its limit (`concurrencyKey`) is set aside and blocks no other call (key-limits.ts).
 * S6 The limits of a function are kept while it has calls, and those of the last 10,000 functions that have none.
 */
export class Slots<Call extends LimitedCall<Call>> {
  readonly #endpoints = new Map<string, EndpointSlot<Call>>()
  readonly #slots = new Map<string, Slot<Call>>()
  readonly #targets = new Map<string, Target<Call>>()
  /** Consecutive calls mostly have the same target. */
  #lastTarget: { readonly tenant: string; readonly target: Target<Call> } | undefined
  /** Slots in which something may have changed since the last {@link takeNext}. */
  readonly #ready = new RoundRobin<Slot<Call>>()
  /** Slots without calls, in the order in which they lost their last one. */
  readonly #idle = new Set<Slot<Call>>()

  /** Targets that are kept: no more than 10,000. */
  get targets(): number {
    return this.#targets.size
  }

  target(tenant: string, fields: TargetFields): Target<Call> {
    const last = this.#lastTarget
    if (last !== undefined && last.tenant === tenant && isSameTarget(last.target, fields)) return last.target
    const target = this.#findTarget(tenant, fields)
    this.#lastTarget = { tenant, target }
    return target
  }

  #findTarget(tenant: string, fields: TargetFields): Target<Call> {
    const { endpoint, function: name, version, options } = fields
    const limitKey = `${tenant}\n${endpoint}\n${name}`
    const key = targetKey(limitKey, fields)
    let target = this.#targets.get(key)
    if (target === undefined) {
      const slot = this.#slots.get(limitKey) ?? this.#addSlot(limitKey, tenant, fields)
      target = { endpoint, function: name, version, options, slot }
      if (this.#targets.size >= TARGETS_KEPT_MAX) this.#targets.clear()
      this.#targets.set(key, target)
    }
    return target
  }

  /** The slot has one more call that is not done. */
  addCall(slot: Slot<Call>): void {
    if (slot.calls === 0) this.#idle.delete(slot)
    slot.calls += 1
  }

  /** The slot has one such call fewer (S6). */
  removeCall(slot: Slot<Call>): void {
    slot.calls -= 1
    if (slot.calls > 0) return
    this.#idle.add(slot)
    if (this.#idle.size > IDLE_SLOTS_MAX) this.#forgetIdle()
  }

  /** The call waits for a slot. */
  enqueue(call: Call): void {
    call.target.slot.queue.push(call)
    this.#ready.add(call.target.slot)
  }

  /** The call is done, whether or not it was queued. */
  withdraw(call: Call): void {
    const { slot } = call.target
    const next = call.isQueued ? slot.keys.passOn(call) : undefined // S5
    slot.queue.withdraw(call)
    slot.keys.withdraw(call)
    if (next !== undefined) this.enqueue(next)
    // S4: the calls behind it may have a higher fixed limit.
    this.#ready.add(slot)
    this.removeCall(slot)
  }

  /** The next call that may run; its slot is taken. `undefined` when there is none. */
  takeNext(): Call | undefined {
    for (let slot = this.#ready.take(); slot !== undefined; slot = this.#ready.take()) {
      const call = this.#takeFrom(slot)
      if (call !== undefined) {
        this.#ready.add(slot) // S3
        return call
      }
      // It may have been made ready for capacity of the endpoint that it cannot use.
      this.#readyWaiting(slot.endpoint)
    }
    return undefined
  }

  /** Adapts the limits to how a run of this call ended (K14). Before {@link release}. @param lastRun - The newest run. */
  adjust({ target: { slot }, run }: Call, outcome: Outcome, lastRun: number): void {
    const { limit, endpoint } = slot
    if (outcome.kind === 'needs-journal' || outcome.kind === 'abandoned') return
    const status = outcome.kind === 'poll' ? undefined : statusOfCode(outcome.statusCode)
    slot.tally.count(status)
    if (outcome.kind === 'failure' && outcome.source === 'transport') {
      endpoint.limit.decrease(run, lastRun)
      limit.decrease(run, lastRun)
      return
    }
    endpoint.limit.increase(run, lastRun)
    const effect = status === undefined ? 'increase' : STATUSES[status].concurrency
    if (effect === 'increase') limit.increase(run, lastRun)
    else if (effect === 'decrease') limit.decrease(run, lastRun)
  }

  /** Releases the slot of a run that has ended. */
  release(call: Call): void {
    const { slot } = call.target
    const { endpoint } = slot
    slot.limit.release()
    endpoint.limit.release()
    const next = slot.keys.release(call) // S5
    if (next !== undefined) slot.queue.push(next)
    // S3: slots that have waited for the endpoint go before this one.
    this.#ready.delete(slot)
    this.#readyWaiting(endpoint)
    this.#ready.add(slot)
  }

  /** Makes as many waiting slots ready as the endpoint has capacity for: there may be thousands. */
  #readyWaiting({ limit, waiting }: EndpointSlot<Call>): void {
    for (let left = Math.min(limit.available, waiting.size); left > 0; left -= 1)
      this.#ready.add(waiting.take() as Slot<Call>)
  }

  /** Makes every slot ready: after a pause. */
  readyAll(): void {
    for (const slot of this.#slots.values()) this.#ready.add(slot)
  }

  stats(): FunctionStats[] {
    return [...this.#slots.values()].map(
      ({ tenant, endpoint, function: name, limit, queue, keys, tally }) => ({
        tenant,
        endpoint: endpoint.url,
        function: name,
        limit: limit.limit,
        limitMin: limit.limitMin,
        limitMax: limit.limitMax,
        inFlight: limit.inFlight,
        waiting: queue.size + keys.setAsideCount,
        ended: tally.ended,
        suspended: tally.suspended,
      }),
    )
  }

  /** S6. A tenth at once, since all targets are dropped too: they refer to the slots. */
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

  #takeFrom(slot: Slot<Call>): Call | undefined {
    const { limit, queue, keys, endpoint } = slot
    if (!limit.hasCapacity) return undefined
    let next = queue.peek()
    while (next !== undefined && !keys.admit(next)) {
      queue.shift()
      next = queue.peek()
    }
    if (next === undefined) return undefined
    const { concurrencyMax } = next.target.options
    if (concurrencyMax > 0 && limit.inFlight >= concurrencyMax) return undefined
    if (!endpoint.limit.hasCapacity) {
      endpoint.waiting.add(slot)
      return undefined
    }
    queue.shift()
    limit.take()
    keys.take(next)
    endpoint.limit.take()
    return next
  }

  #addSlot(key: string, tenant: string, { endpoint: url, function: name }: TargetFields): Slot<Call> {
    let endpoint = this.#endpoints.get(url)
    if (endpoint === undefined) {
      endpoint = { url, limit: new AdaptiveLimit(ENDPOINT_LIMIT), waiting: new RoundRobin(), slots: 0 }
      this.#endpoints.set(url, endpoint)
    }
    endpoint.slots += 1
    const slot: Slot<Call> = {
      key,
      tenant,
      function: name,
      endpoint,
      limit: new AdaptiveLimit(FUNCTION_LIMIT),
      queue: new PriorityQueue(),
      keys: new KeyLimits(),
      tally: new RunTally(),
      calls: 0,
    }
    this.#slots.set(key, slot)
    return slot
  }
}

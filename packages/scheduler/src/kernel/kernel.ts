import { type FunctionStats, STATUSES, statusOfCode } from '@dispatch/protocol'
import type { CallRecord, FinishedChild, Write } from '../store/store.js'
import { CANCELED_RESULT, EXPIRED_RESULT } from './calls/own-results.js'
import { isReady, waitOf } from './children/wait-condition.js'
import type { Decision, Effect, Event, NewCall, Outcome, SubmittedCall } from './events.js'
import { inheritedTarget, Slots } from './limits/slots.js'
import { CallNode, childIdOf, expiryOf, REFUSED } from './node/call-node.js'
import { doneRecordOf, nodeOf, recordOf } from './node/node-record.js'
import { RETRY_POLICY, type RetryPolicy, retryAtMs, retryDelayMs, retryDelayMsMax } from './retry-policy.js'
import { runEffectOf } from './runs/run-effect.js'
import { TimerHeap } from './timer-heap.js'

/** Timers beyond two for each call, above which those that mean nothing any more are dropped. */
const STALE_TIMERS_MAX = 1_000

/**
 * The state machine of a scheduler: every decision about every call, and nothing else. It does no I/O, reads no
 * clock and draws no random numbers: they come with the events, so the same events give the same decisions.
 *
 * Model. It holds every call that is not done. A call is `scheduled` (due later) → `pending` (waits for a slot) →
 * `running` → `suspended` (waits for results or time) → … → done. Writes of one event become durable together,
 * and effects are carried out only then; the driver sees to both.
 *
 * Rules.
 *  K1  A submitted call whose id is known already is not recorded again.
 *  K2  `running` is never written. After a restart every call that is neither done nor suspended is due again.
 *  K3  Each run has a number; an answer to any but the present run of a call is dropped.
 *  K4  A Poll records in one decision: state, children, what is waited for, and which results the run received.
 *      It resets the attempts.
 *  K5  A suspended call goes on when it has `minResults` undelivered results, or as many as can still come; when
 *      one has failed and it wants to know; or when its time has come. With nothing to wait for, at once.
 *  K6  A run receives at most `maxResults`, oldest first, and fewer when they are too large to come at once (`delivered`);
 *      a run that is repeated receives them again.
 *  K7  A retryable status, or no answer, repeats the run after a back-off (retry-policy.ts); the call is done
 *      with its last status when `attemptsMax` are used up or it has got no further for `giveUpAfterMs`.
 *  K8  A status that is not retryable ends the call. A parent hears of a child's end once, from its inbox.
 *  K9  `incompatible_state` restarts the call from its input: journal, children and results of before are void,
 *      and children that are not done are cancelled. Restarts after the first wait like retries.
 *  K10 A tail call replaces function and input under the same id, whatever the status; a retryable one adds the
 *      back-off.
 *  K11 An endpoint that does not know the function is asked again for `unknownFunctionMsMax`.
 *  K12 Expiration ends a call with `timeout` wherever it is. A child expires no later than its parent, and what a call
 *      becomes by a tail call no later than that.
 *  K13 Cancelling a call ends every call below it that is not done; runs under way are aborted.
 *  K14 Concurrency follows the statuses of runs, by the table; a Poll counts as a success; what could not be
 *      delivered counts against the endpoint (slots.ts, adaptive-limit.ts).
 *  K15 A call that ends leaves its children alone: they run on, and nobody hears of them. Only K9, K12 and K13
 *      end them.
 */
export class Kernel {
  readonly #policy: RetryPolicy
  readonly #calls = new Map<string, CallNode>()
  readonly #slots = new Slots()
  /** Calls to look at: because they are due, because they expire, or because they have waited long enough. */
  readonly #timers = new TimerHeap<CallNode>()
  #inputBytes = 0
  #lastRun = 0
  #isOpen = false
  #nowMs = 0
  #writes: Write[] = []
  #effects: Effect[] = []

  constructor(policy: RetryPolicy = RETRY_POLICY) {
    this.#policy = policy
  }

  /** Calls that are not done. */
  get size(): number {
    return this.#calls.size
  }

  /** Bytes of the inputs of calls that are not done. */
  get inputBytes(): number {
    return this.#inputBytes
  }

  /** Epoch milliseconds at which a `tick` is wanted next; `Infinity`: none. */
  get nextTickAtMs(): number {
    return this.#timers.nextAtMs
  }

  /** Timers that are set: no more than two for each call, and 1,000. */
  get timers(): number {
    return this.#timers.size
  }

  /** What the call is doing, unless it is done or unknown. */
  find(id: string): { readonly call: CallRecord; readonly isRunning: boolean } | undefined {
    const node = this.#calls.get(id)
    return node && { call: recordOf(node), isRunning: node.state === 'running' }
  }

  /** Whose call it is; `undefined` when it is done or unknown. */
  tenantOf(id: string): string | undefined {
    return this.#calls.get(id)?.tenant
  }

  functionStats(): FunctionStats[] {
    return this.#slots.stats()
  }

  /**
   * Takes over calls that a store kept, parents before their children, in any number of parts. Only on a kernel that has
   * seen no event; {@link restore} follows.
   */
  take(calls: readonly CallRecord[]): void {
    for (const call of calls) {
      const parent = this.#calls.get(call.parentId)
      const node = nodeOf(call, this.#slots.target(call.tenant, call), parent)
      this.#calls.set(node.id, node)
      this.#slots.enter(node.target.slot)
      this.#inputBytes += node.inputBytes
      if (parent !== undefined && parent.restarts === node.parentRestarts) this.#adopt(parent, node)
    }
  }

  /** Lets the calls taken over go on. @param finished - See `Store.load`. */
  restore(finished: readonly FinishedChild[], nowMs: number): void {
    this.#nowMs = nowMs
    for (const child of finished) {
      const parent = this.#calls.get(child.parentId)
      if (parent === undefined || parent.restarts !== child.parentRestarts) continue
      const { ordinal, correlationId } = child
      parent.receive({ ordinal, correlationId, isFailure: isFailure(child.statusCode) })
    }
    for (const node of this.#calls.values()) {
      if (node.expiresAtMs > 0) this.#timers.add(node.expiresAtMs, node)
      if (node.state === 'pending') this.#slots.enqueue(node)
      else if (node.state === 'scheduled') this.#schedule(node, this.#restoredDueAtMs(node))
      else this.#suspend(node)
    }
  }

  /** A back-off may have begun long after the last progress; it is no longer for a clock that was set back. */
  #restoredDueAtMs(node: CallNode): number {
    if (node.attempts === 0) return node.dueAtMs
    return Math.min(node.dueAtMs, this.#nowMs + retryDelayMsMax(this.#policy))
  }

  /** @param nowMs - Epoch milliseconds; may go backwards, as clocks do. */
  apply(nowMs: number, event: Event): Decision {
    this.#nowMs = nowMs
    this.#writes = []
    this.#effects = []
    switch (event.kind) {
      case 'submit':
        for (const call of event.calls) this.#submit(call)
        break
      case 'ran':
        this.#ran(event)
        break
      case 'cancel':
        this.#cancel(event.id)
        break
      case 'wake':
        this.#wake(event.id)
        break
      case 'tick':
        this.#tick()
        break
      case 'open':
        this.#isOpen = true
        this.#slots.wakeAll()
        this.#tick()
        break
      case 'close':
        this.#isOpen = false
        break
    }
    if (this.#isOpen) this.#startRuns()
    return { writes: this.#writes, effects: this.#effects }
  }

  #submit({ id, tenant, call }: SubmittedCall): void {
    if (this.#calls.has(id)) return // K1
    const node = new CallNode(id, {
      tenant,
      target: this.#slots.target(tenant, call),
      origin: undefined,
      createdAtMs: this.#nowMs,
      expiresAtMs: expiryOf(call, this.#nowMs, 0),
    })
    this.#insert(node, call)
  }

  #insert(node: CallNode, call: NewCall): void {
    node.concurrencyKey = call.concurrencyKey
    this.#setInput(node, call.input)
    this.#slots.enter(node.target.slot)
    this.#calls.set(node.id, node)
    if (node.expiresAtMs > 0) this.#timers.add(node.expiresAtMs, node)
    if (call.delayMs > 0) this.#schedule(node, this.#nowMs + call.delayMs)
    else this.#makeDue(node)
    this.#writes.push({ kind: 'insert', call: recordOf(node), input: call.input })
  }

  #setInput(node: CallNode, input: Uint8Array): void {
    this.#inputBytes += input.byteLength - node.inputBytes
    node.inputBytes = input.byteLength
  }

  #schedule(node: CallNode, dueAtMs: number): void {
    node.state = 'scheduled'
    node.dueAtMs = dueAtMs
    this.#timers.add(dueAtMs, node)
  }

  #makeDue(node: CallNode): void {
    node.state = 'pending'
    this.#slots.enqueue(node)
  }

  #startRuns(): void {
    for (;;) {
      const node = this.#slots.takeNext()
      if (node === undefined) return
      node.state = 'running'
      node.run = ++this.#lastRun
      node.delivering = Math.min(node.results.length, node.wait.maxResults) // K6
      this.#effects.push(runEffectOf(node))
    }
  }

  #ran(event: Extract<Event, { kind: 'ran' }>): void {
    const node = this.#calls.get(event.id)
    if (node === undefined || node.run !== event.run) return // K3
    const { outcome, delivered = node.delivering } = event
    node.delivering = Math.min(node.delivering, delivered) // K6
    this.#slots.adjust(node, outcome, this.#lastRun) // K14
    this.#slots.release(node)
    node.run = 0
    switch (outcome.kind) {
      case 'poll':
        this.#poll(node, outcome)
        break
      case 'tail-call':
        this.#tailCall(node, outcome, event.roll)
        break
      case 'exit':
        node.unknownSinceMs = 0 // K11: whoever answers knows the function
        this.#exit(node, outcome, event.roll)
        break
      case 'failure':
        this.#failure(node, outcome, event.roll)
        break
      case 'journal-wanted':
        node.unknownSinceMs = 0
        node.withJournal = true
        this.#makeDue(node)
        break
      case 'abandoned':
        this.#makeDue(node)
        break
    }
  }

  /** K4 */
  #poll(node: CallNode, poll: Extract<Outcome, { kind: 'poll' }>): void {
    const received = node.takeDelivered()
    this.#writes.push({
      kind: 'journal',
      callId: node.id,
      restarts: node.restarts,
      position: node.polls,
      ordinals: received.map((entry) => entry.ordinal),
      entry: poll.journalEntry,
    })
    node.polls += 1
    node.getFurther(this.#nowMs)
    node.state = 'suspended'
    if (poll.refusal === undefined) {
      node.wait = waitOf(poll, this.#nowMs)
      for (const { call, correlationId } of poll.calls) this.#addChild(node, call, correlationId)
    } else node.wait = { ...waitOf(poll, this.#nowMs), minResults: REFUSED }
    this.#writes.push({
      kind: 'update',
      call: recordOf(node),
      state: poll.state,
      ...(poll.refusal !== undefined && { result: poll.refusal }),
    })
    this.#suspend(node)
  }

  #addChild(parent: CallNode, call: NewCall, correlationId: bigint): void {
    const ordinal = parent.children + 1
    parent.children = ordinal
    const { id: parentId, rootId, tenant, restarts: parentRestarts } = parent
    const node = new CallNode(childIdOf(parentId, parentRestarts, ordinal), {
      tenant,
      target: this.#slots.target(tenant, inheritedTarget(call, parent.target)),
      origin: { parentId, rootId, ordinal, parentRestarts, correlationId },
      createdAtMs: this.#nowMs,
      expiresAtMs: expiryOf(call, this.#nowMs, parent.expiresAtMs), // K12
    })
    this.#adopt(parent, node)
    this.#insert(node, call)
  }

  #adopt(parent: CallNode, child: CallNode): void {
    child.parent = parent
    parent.open ??= new Set()
    parent.open.add(child)
  }

  /** Lets a suspended call go on if it can, and else sees to it that time is noticed. */
  #suspend(node: CallNode): void {
    if (isReady(node, this.#nowMs)) this.#makeDue(node)
    else if (node.wait.untilMs > 0) this.#timers.add(node.wait.untilMs, node)
  }

  /** Nothing is written: what woke it is in the memory of a process, and gone with that. */
  #wake(id: string): void {
    const node = this.#calls.get(id)
    if (node?.state === 'suspended') this.#makeDue(node)
  }

  #exit(node: CallNode, end: AttemptEnd, roll: number): void {
    const { retry } = STATUSES[statusOfCode(end.statusCode)]
    if (retry === 'no')
      this.#finishAttempt(node, end) // K8
    else if (retry === 'restart') this.#restart(node, end.statusCode, roll)
    else this.#retry(node, end, roll, Number.POSITIVE_INFINITY)
  }

  #failure(node: CallNode, failure: Extract<Outcome, { kind: 'failure' }>, roll: number): void {
    if (failure.source !== 'function') {
      this.#exit(node, failure, roll)
      return
    }
    if (node.unknownSinceMs === 0) node.unknownSinceMs = this.#nowMs
    const lostAtMs = node.unknownSinceMs + this.#policy.unknownFunctionMsMax
    if (this.#nowMs >= lostAtMs)
      this.#finishAttempt(node, failure) // K11
    else this.#retry(node, failure, roll, lostAtMs)
  }

  #finishAttempt(node: CallNode, end: AttemptEnd): void {
    node.attempts += 1
    this.#finish(node, end.statusCode, end.result)
  }

  /** K7. The call is due again no later than `latestMs`. */
  #retry(node: CallNode, end: AttemptEnd, roll: number, latestMs: number): void {
    node.attempts += 1
    node.statusCode = end.statusCode
    const dueAtMs = retryAtMs(this.#policy, {
      ...node.target.options,
      attempts: node.attempts,
      progressAtMs: node.progressAtMs,
      floorMs: end.retryAfterMs,
      latestMs,
      nowMs: this.#nowMs,
      roll,
    })
    if (dueAtMs === undefined) {
      this.#finish(node, end.statusCode, end.result)
      return
    }
    this.#schedule(node, dueAtMs)
    this.#writes.push({ kind: 'update', call: recordOf(node) })
  }

  /** K9 */
  #restart(node: CallNode, statusCode: number, roll: number): void {
    node.statusCode = statusCode
    this.#beginAgain(node)
    if (node.restarts === 1) this.#makeDue(node)
    else this.#schedule(node, this.#nowMs + retryDelayMs(this.#policy, node.restarts - 1, roll, 0))
    this.#writes.push({ kind: 'update', call: recordOf(node), state: null })
  }

  /** Makes everything the call has done since its input void. */
  #beginAgain(node: CallNode): void {
    for (const child of node.open ?? []) {
      child.parent = undefined
      this.#endTree(child, 'canceled')
    }
    node.beginAgain()
  }

  /** K10 */
  #tailCall(node: CallNode, tail: Extract<Outcome, { kind: 'tail-call' }>, roll: number): void {
    const { call } = tail
    this.#beginAgain(node)
    node.getFurther(this.#nowMs)
    const { slot } = node.target
    node.target = this.#slots.target(node.tenant, inheritedTarget(call, node.target))
    this.#slots.enter(node.target.slot)
    this.#slots.leave(slot)
    node.concurrencyKey = call.concurrencyKey
    node.expiresAtMs = expiryOf(call, this.#nowMs, node.expiresAtMs) // K12
    if (node.expiresAtMs > 0) this.#timers.add(node.expiresAtMs, node)
    this.#setInput(node, call.input)
    const isRetryable = STATUSES[statusOfCode(tail.statusCode)].retry === 'yes'
    const delayMs = Math.max(call.delayMs, isRetryable ? retryDelayMs(this.#policy, 1, roll, 0) : 0)
    if (delayMs > 0) this.#schedule(node, this.#nowMs + delayMs)
    else this.#makeDue(node)
    this.#writes.push({ kind: 'update', call: recordOf(node), input: call.input, state: null })
  }

  #finish(node: CallNode, statusCode: number, result: Uint8Array): void {
    node.statusCode = statusCode
    this.#slots.withdraw(node)
    this.#calls.delete(node.id)
    this.#inputBytes -= node.inputBytes
    if (this.#timers.size > 2 * this.#calls.size + STALE_TIMERS_MAX) this.#dropStaleTimers()
    const call = doneRecordOf(node, this.#nowMs)
    this.#writes.push({ kind: 'update', call, state: null, result })
    this.#effects.push({ kind: 'done', call, result })
    const { parent } = node
    if (parent === undefined) return
    node.parent = undefined
    parent.open?.delete(node)
    if (!this.#calls.has(parent.id)) return // K15
    const { ordinal, correlationId } = node
    parent.receive({ ordinal, correlationId, isFailure: isFailure(statusCode) })
    if (parent.state === 'suspended' && isReady(parent, this.#nowMs)) this.#makeDue(parent)
  }

  #cancel(id: string): void {
    const node = this.#calls.get(id)
    if (node !== undefined) this.#endTree(node, 'canceled')
  }

  /** K12, K13: ends a call and every call below it, the lowest first, so that none wakes to see it. */
  #endTree(top: CallNode, reason: 'expired' | 'canceled'): void {
    const tree = [top]
    for (const node of tree) for (const child of node.open ?? []) tree.push(child)
    const [statusCode, result] =
      reason === 'expired'
        ? [STATUSES.timeout.code, EXPIRED_RESULT]
        : [STATUSES.permanent.code, CANCELED_RESULT]
    for (const node of tree.reverse()) {
      if (node !== top) node.parent = undefined
      node.open = undefined
      if (node.state === 'running') {
        node.attempts += 1
        this.#slots.release(node)
        this.#effects.push({ kind: 'abort', id: node.id, run: node.run, reason })
      }
      this.#finish(node, statusCode, result)
    }
  }

  #dropStaleTimers(): void {
    this.#timers.keepOnly((atMs, node) => {
      if (this.#calls.get(node.id) !== node) return false
      if (atMs === node.expiresAtMs) return true
      return node.state === 'scheduled' ? atMs === node.dueAtMs : atMs === node.wait.untilMs
    })
  }

  #tick(): void {
    for (;;) {
      const node = this.#timers.takeDue(this.#nowMs)
      if (node === undefined) return
      if (this.#calls.get(node.id) !== node) continue
      if (node.expiresAtMs > 0 && node.expiresAtMs <= this.#nowMs) this.#endTree(node, 'expired')
      else if (node.state === 'scheduled' && node.dueAtMs <= this.#nowMs) this.#makeDue(node)
      else if (node.state === 'suspended' && isReady(node, this.#nowMs)) this.#makeDue(node)
    }
  }
}

/** How an attempt ended, whether or not the endpoint answered. */
interface AttemptEnd {
  readonly statusCode: number
  readonly result: Uint8Array
  readonly retryAfterMs: number
}

function isFailure(statusCode: number): boolean {
  return statusCode !== STATUSES.ok.code
}

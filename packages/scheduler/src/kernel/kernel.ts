import type { FunctionStats } from '@dispatch/protocol'
import type { CallRecord, FinishedChild } from '../store/store.js'
import { cancelCall, endTree } from './calls/end.js'
import { restoreCalls, takeCalls } from './calls/restore.js'
import { submitCall } from './calls/submit.js'
import { isReady } from './children/wait-condition.js'
import type { Decision, Event } from './events/events.js'
import { recordOf } from './node/node-record.js'
import { applyOutcome } from './runs/outcomes.js'
import { startRuns } from './runs/start-runs.js'
import { KernelState } from './state/kernel-state.js'
import { RETRY_POLICY, type RetryPolicy } from './state/retry-policy.js'
import { makeDue } from './state/transitions.js'

/**
 * The state machine of a scheduler: every decision about every call, and nothing else. It does no I/O, reads no clock and
 * draws no random numbers. They come with the events, so the same events lead to the same decisions.
 *
 * Model. The kernel holds every call that is not done. A call is `scheduled` (due later) → `pending` (waits for a slot) →
 * `running` → `suspended` (waits for results or time) → … → done. The writes of one event become durable together, and its
 * effects are carried out only then; the driver does both. `call-node.ts` has the transitions between states.
 *
 * Rules.
 *  K1  A call is not recorded again when one with its id is not done.
 *  K2  `running` is never written. After a restart every call that is neither done nor suspended is due again.
 *  K3  Each run has a number; an answer to any but the present run of a call is dropped.
 *  K4  A Poll records in one decision: the state, the children, the condition to wait on, and which results the run
 *      received. It resets the attempts.
 *  K5  A suspended call is resumed when it has `minResults` undelivered results, or as many as can still come; when a child
 *      has failed and `wakeOnFailure` is set; or when its time has come. With nothing to wait for, it is resumed at once.
 *  K6  A run receives at most `maxResults` results, oldest first, and fewer when they are too large to be sent together
 *      (`delivered`); a run that is repeated receives them again.
 *  K7  After a retryable status, or without an answer, the run is repeated after a back-off (retry-policy.ts). The call is
 *      done with its last status when `attemptsMax` are used up or it has made no progress for `giveUpAfterMs`.
 *  K8  A status that is not retryable ends the call. The end of a child is delivered to its parent once, from the inbox.
 *  K9  `incompatible_state` restarts the call from its input: its journal, children and results are void, and children that
 *      are not done are cancelled. Restarts after the first wait like retries.
 *  K10 A tail call replaces function and input under the same id, whatever the status; a retryable one adds the back-off.
 *  K11 A call whose function is unknown to its endpoint is retried for `unknownFunctionMsMax`.
 *  K12 Expiration ends a call with `timeout` in every state. A child expires no later than its parent, and the call that
 *      replaces another by a tail call no later than that one.
 *  K13 Cancelling a call ends every call below it that is not done; their runs are aborted.
 *  K14 Concurrency follows the statuses of runs, by the table; a Poll counts as a success; what could not be delivered
 *      counts against the endpoint (slots.ts, adaptive-limit.ts).
 *  K15 A call that ends does not cancel its children; they run to completion and their results are dropped. Only K9, K12
 *      and K13 end them.
 */
export class Kernel {
  readonly #state: KernelState
  #isOpen = false

  constructor(policy: RetryPolicy = RETRY_POLICY) {
    this.#state = new KernelState(policy)
  }

  /** Calls that are not done. */
  get size(): number {
    return this.#state.calls.size
  }

  /** Bytes of the inputs of calls that are not done. */
  get inputBytes(): number {
    return this.#state.inputBytes
  }

  /** Epoch milliseconds at which the next `tick` is due; `Infinity`: none. */
  get nextTickAtMs(): number {
    return this.#state.timers.nextAtMs
  }

  /** Timers that are set: no more than two per call, and 1,000. */
  get timers(): number {
    return this.#state.timers.size
  }

  /** A call and whether it runs; `undefined` when it is done or unknown. */
  find(id: string): { readonly call: CallRecord; readonly isRunning: boolean } | undefined {
    const node = this.#state.calls.get(id)
    return node && { call: recordOf(node), isRunning: node.state === 'running' }
  }

  /** The tenant of a call; `undefined` when it is done or unknown. */
  tenantOf(id: string): string | undefined {
    return this.#state.calls.get(id)?.tenant
  }

  functionStats(): FunctionStats[] {
    return this.#state.slots.stats()
  }

  /**
   * Takes over calls that a store kept, parents before their children, in any number of parts. Only on a kernel to which no
   * event was applied; {@link restore} follows.
   */
  take(calls: readonly CallRecord[]): void {
    takeCalls(this.#state, calls)
  }

  /** Resumes the calls that were taken over. @param finished - See `Store.load`. */
  restore(finished: readonly FinishedChild[], nowMs: number): void {
    this.#state.begin(nowMs)
    restoreCalls(this.#state, finished)
  }

  /** @param nowMs - Epoch milliseconds; may go backwards, as clocks do. */
  apply(nowMs: number, event: Event): Decision {
    this.#state.begin(nowMs)
    this.#decide(event)
    if (this.#isOpen) startRuns(this.#state)
    const { writes, effects } = this.#state
    return { writes, effects }
  }

  #decide(event: Event): void {
    switch (event.kind) {
      case 'submit':
        for (const call of event.calls) submitCall(this.#state, call)
        break
      case 'ran':
        applyOutcome(this.#state, event)
        break
      case 'cancel':
        cancelCall(this.#state, event.id)
        break
      case 'wake':
        this.#wake(event.id)
        break
      case 'tick':
        this.#tick()
        break
      case 'open':
        this.#isOpen = true
        this.#state.slots.readyAll()
        this.#tick()
        break
      case 'close':
        this.#isOpen = false
        break
    }
  }

  /** Writes nothing: the reason to wake is in the memory of a process, and is lost with it. */
  #wake(id: string): void {
    const node = this.#state.calls.get(id)
    if (node?.state === 'suspended') makeDue(this.#state, node)
  }

  #tick(): void {
    const { timers, nowMs } = this.#state
    for (let node = timers.takeDue(nowMs); node !== undefined; node = timers.takeDue(nowMs)) {
      if (node.state === 'done') continue
      if (node.expiresAtMs > 0 && node.expiresAtMs <= nowMs) endTree(this.#state, node, 'expired')
      else if (node.state === 'scheduled' && node.failure.dueAtMs <= nowMs) makeDue(this.#state, node)
      else if (node.state === 'suspended' && isReady(node, nowMs)) makeDue(this.#state, node)
    }
  }
}

import type { Write } from '../../store/store.js'
import type { Effect } from '../events/events.js'
import { Slots } from '../limits/slots.js'
import type { CallNode } from '../node/call-node.js'
import type { RetryPolicy } from './retry-policy.js'
import { TimerHeap } from './timer-heap.js'

/** Timers beyond two per call, above which stale ones are dropped. */
const STALE_TIMERS_MAX = 1_000

/** What the rules of the kernel share: the calls, the queues and timers in which they wait, and the present decision. */
export class KernelState {
  readonly policy: RetryPolicy
  /** Calls that are not done, by id. */
  readonly calls = new Map<string, CallNode>()
  readonly slots = new Slots<CallNode>()
  /** When to look at a call: because it is due, because it expires, or because it has waited long enough. */
  readonly timers = new TimerHeap<CallNode>()
  /** Bytes of the inputs of these calls. */
  inputBytes = 0
  /** Number of the newest run. */
  lastRun = 0
  /** The time of the event that is applied. */
  nowMs = 0
  /** The roll of that event, uniform in [0, 1): for the jitter of back-offs. */
  roll = 0
  writes: Write[] = []
  effects: Effect[] = []

  constructor(policy: RetryPolicy) {
    this.policy = policy
  }

  /** Begins a decision. */
  begin(nowMs: number): void {
    this.nowMs = nowMs
    this.writes = []
    this.effects = []
  }

  add(node: CallNode): void {
    this.calls.set(node.id, node)
    this.slots.addCall(node.target.slot)
    this.inputBytes += node.inputBytes
  }

  remove(node: CallNode): void {
    this.slots.withdraw(node)
    this.calls.delete(node.id)
    this.inputBytes -= node.inputBytes
    if (this.timers.size > 2 * this.calls.size + STALE_TIMERS_MAX) this.timers.keepOnly(isCurrent)
  }

  setInputBytes(node: CallNode, bytes: number): void {
    this.inputBytes += bytes - node.inputBytes
    node.inputBytes = bytes
  }
}

/** Whether the timer still has a meaning for the call. */
function isCurrent(atMs: number, node: CallNode): boolean {
  if (node.state === 'done') return false
  if (atMs === node.expiresAtMs) return true
  return node.state === 'scheduled' ? atMs === node.failure.dueAtMs : atMs === node.progress.untilMs
}

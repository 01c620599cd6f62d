import type { CallOptions, CallRecord, WaitCondition } from '../store.js'
import type { NewCall } from './events.js'
import type { Queueable } from './fair-queue.js'
import type { Keyed } from './key-limits.js'
import type { Prioritized } from './priority-queue.js'
import type { Target } from './slots.js'

/** The result of a child that its parent has not received yet. */
export interface InboxEntry {
  readonly ordinal: number
  readonly correlationId: bigint
  readonly isFailure: boolean
}

/** What a call that is not done is doing. */
export type LiveState = 'scheduled' | 'pending' | 'running' | 'suspended'

/** Nothing to wait for: the condition of a call that has not polled. */
export const NO_WAIT: WaitCondition = { minResults: 0, maxResults: 0, wakeOnFailure: false, untilMs: 0 }

/** `minResults` of a call whose last Poll was refused: it is told at once. */
export const REFUSED = -1

const NO_ENTRIES: readonly InboxEntry[] = []

/** A call that is not done, as the kernel holds it. Payloads are in the store. */
export class CallNode implements Prioritized, Keyed {
  readonly id: string
  readonly parentId: string
  readonly rootId: string
  readonly tenant: string
  readonly ordinal: number
  readonly parentRestarts: number
  readonly correlationId: bigint
  readonly createdAtMs: number
  readonly expiresAtMs: number
  /** The parent, while it is not done. */
  parent: CallNode | undefined
  /** What is to be run where; a tail call changes it. */
  target: Target
  concurrencyKey = ''
  state: LiveState = 'pending'
  dueAtMs = 0
  attempts = 0
  statusCode = 0
  progressAtMs: number
  unknownSinceMs = 0
  restarts = 0
  polls = 0
  children = 0
  wait: WaitCondition = NO_WAIT
  /** Results to deliver, oldest first; `undefined` stands for none, as most calls have no children. */
  inbox: InboxEntry[] | undefined = undefined
  inboxFailures = 0
  /** How many of `inbox` the present run received. */
  delivering = 0
  /** Children that are not done. */
  open: Set<CallNode> | undefined = undefined
  /** Number of the present run; 0 when it does not run. */
  run = 0
  /** The next run takes the journal along. */
  withJournal = false
  nextQueued: Queueable | undefined = undefined
  isQueued = false

  constructor(
    identity: Pick<
      CallRecord,
      'id' | 'parentId' | 'rootId' | 'tenant' | 'ordinal' | 'parentRestarts' | 'correlationId' | 'createdAtMs'
    > & { readonly expiresAtMs: number; readonly progressAtMs: number },
    target: Target,
  ) {
    this.id = identity.id
    this.parentId = identity.parentId
    this.rootId = identity.rootId
    this.tenant = identity.tenant
    this.ordinal = identity.ordinal
    this.parentRestarts = identity.parentRestarts
    this.correlationId = identity.correlationId
    this.createdAtMs = identity.createdAtMs
    this.expiresAtMs = identity.expiresAtMs
    this.progressAtMs = identity.progressAtMs
    this.target = target
  }

  get priority(): number {
    return this.target.options.priority
  }

  get concurrencyKeyMax(): number {
    return this.target.options.concurrencyKeyMax
  }

  get results(): readonly InboxEntry[] {
    return this.inbox ?? NO_ENTRIES
  }

  get openChildren(): number {
    return this.open?.size ?? 0
  }
}

/** The record of a call that is not done. `running` is written as `pending`: after a restart it is due again. */
export function recordOf(node: CallNode): CallRecord {
  return record(node, node.state === 'running' ? 'pending' : node.state, 0)
}

/** The record of a call that has just ended. */
export function doneRecordOf(node: CallNode, nowMs: number): CallRecord {
  return record(node, 'done', nowMs)
}

function record(node: CallNode, state: CallRecord['state'], finishedAtMs: number): CallRecord {
  const { target } = node
  return {
    id: node.id,
    parentId: node.parentId,
    ordinal: node.ordinal,
    parentRestarts: node.parentRestarts,
    rootId: node.rootId,
    correlationId: node.correlationId,
    tenant: node.tenant,
    createdAtMs: node.createdAtMs,
    expiresAtMs: node.expiresAtMs,
    endpoint: target.endpoint,
    function: target.function,
    version: target.version,
    options: target.options,
    concurrencyKey: node.concurrencyKey,
    state,
    dueAtMs: node.dueAtMs,
    attempts: node.attempts,
    statusCode: node.statusCode,
    progressAtMs: node.progressAtMs,
    unknownSinceMs: node.unknownSinceMs,
    restarts: node.restarts,
    polls: node.polls,
    children: node.children,
    wait: node.wait,
    finishedAtMs,
  }
}

/** A node from what the store kept, not yet linked to its parent. */
export function nodeOf(call: CallRecord, target: Target): CallNode {
  const node = new CallNode(call, target)
  node.state = call.state === 'done' ? 'pending' : call.state
  node.dueAtMs = call.dueAtMs
  node.attempts = call.attempts
  node.statusCode = call.statusCode
  node.unknownSinceMs = call.unknownSinceMs
  node.restarts = call.restarts
  node.polls = call.polls
  node.children = call.children
  node.wait = call.wait
  node.concurrencyKey = call.concurrencyKey
  return node
}

/**
 * Id of a child: its parent's id and its position, and the parent's restarts when there were any, so that a call
 * made again after a crash is the same call, and one made again after a restart is another.
 */
export function childIdOf(parentId: string, parentRestarts: number, ordinal: number): string {
  return parentRestarts === 0 ? `${parentId}/${ordinal}` : `${parentId}/${parentRestarts}.${ordinal}`
}

/** When a call made now expires: by its own limit or its parent's, whichever is earlier; 0: never. */
export function expiryOf(call: NewCall, nowMs: number, parentExpiresAtMs: number): number {
  const own = call.expirationMs > 0 ? nowMs + call.expirationMs : 0
  if (own === 0) return parentExpiresAtMs
  return parentExpiresAtMs === 0 ? own : Math.min(own, parentExpiresAtMs)
}

/** A text that is the same for options that are the same. */
export function optionsKey(options: CallOptions): string {
  const { attemptsMax, giveUpAfterMs, concurrencyMax, runMsMax, priority, concurrencyKeyMax } = options
  return `${attemptsMax} ${giveUpAfterMs} ${concurrencyMax} ${runMsMax} ${priority} ${concurrencyKeyMax}`
}

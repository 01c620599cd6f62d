import type { CallRecord, WaitCondition } from '../../store/store.js'
import type { Target } from '../limits/slots.js'
import { CallNode, type NodeState, type Origin } from './call-node.js'

/** K2. `new` and `ending` are never recorded. */
const STORED_STATES = {
  new: 'pending',
  scheduled: 'scheduled',
  pending: 'pending',
  running: 'pending',
  ending: 'pending',
  suspended: 'suspended',
  done: 'done',
} as const satisfies Record<NodeState, CallRecord['state']>

/** The record of a call that is not done. */
export function recordOf(node: CallNode): CallRecord {
  const { attempts, statusCode } = node.failure
  return record(node, { attempts, statusCode, finishedAtMs: 0 })
}

/** The record of a call that has just ended. */
export function doneRecordOf(
  node: CallNode,
  end: { readonly attempts: number; readonly statusCode: number; readonly finishedAtMs: number },
): CallRecord {
  return record(node, end)
}

function record(
  node: CallNode,
  end: Pick<CallRecord, 'attempts' | 'statusCode' | 'finishedAtMs'>,
): CallRecord {
  const { target, origin, failure, progress } = node
  return {
    id: node.id,
    parentId: origin.parentId,
    ordinal: origin.ordinal,
    parentRestarts: origin.parentRestarts,
    rootId: node.rootId,
    correlationId: origin.correlationId,
    tenant: node.tenant,
    createdAtMs: node.createdAtMs,
    expiresAtMs: node.expiresAtMs,
    endpoint: target.endpoint,
    function: target.function,
    version: target.version,
    options: target.options,
    concurrencyKey: node.concurrencyKey,
    inputBytes: node.inputBytes,
    state: STORED_STATES[node.state],
    dueAtMs: failure.dueAtMs,
    attempts: end.attempts,
    statusCode: end.statusCode,
    progressAtMs: node.progressAtMs,
    unknownSinceMs: failure.unknownSinceMs,
    restarts: failure.restarts,
    polls: progress.polls,
    children: progress.children,
    wait: waitOf(progress),
    finishedAtMs: end.finishedAtMs,
  }
}

/** Shared by the records of calls that have not polled: most. */
const NO_WAIT: WaitCondition = { minResults: 0, maxResults: 0, wakeOnFailure: false, untilMs: 0 }

function waitOf({ minResults, maxResults, wakeOnFailure, untilMs }: WaitCondition): WaitCondition {
  return maxResults === 0 ? NO_WAIT : { minResults, maxResults, wakeOnFailure, untilMs }
}

/** The states of records as strings of this module: a string that comes from a store takes 32 bytes of its own. */
const RESTORED_STATES = {
  scheduled: 'scheduled',
  pending: 'pending',
  suspended: 'suspended',
  done: 'done',
} as const satisfies Record<CallRecord['state'], NodeState>

/** The node of a stored call, not yet linked to its parent. @param parent - If it is not done. */
export function nodeOf(call: CallRecord, target: Target<CallNode>, parent: CallNode | undefined): CallNode {
  const node = new CallNode(call.id, {
    tenant: call.tenant,
    target,
    origin: call.parentId === '' ? undefined : originOf(call, parent),
    createdAtMs: call.createdAtMs,
    expiresAtMs: call.expiresAtMs,
    state: RESTORED_STATES[call.state],
  })
  node.concurrencyKey = call.concurrencyKey
  node.inputBytes = call.inputBytes
  if (hasFailed(call)) restoreFailure(node, call)
  if (hasProgressed(call)) restoreProgress(node, call)
  return node
}

/** With the strings of the parent, if there is one, instead of further copies. */
function originOf(call: CallRecord, parent: CallNode | undefined): Origin {
  const { ordinal, parentRestarts, correlationId } = call
  const parentId = parent?.id ?? call.parentId
  return { parentId, rootId: parent?.rootId ?? call.rootId, ordinal, parentRestarts, correlationId }
}

function hasFailed({ dueAtMs, attempts, statusCode, unknownSinceMs, restarts }: CallRecord): boolean {
  return dueAtMs !== 0 || attempts !== 0 || statusCode !== 0 || unknownSinceMs !== 0 || restarts !== 0
}

function restoreFailure(node: CallNode, call: CallRecord): void {
  const failure = node.changeFailure()
  failure.dueAtMs = call.dueAtMs
  failure.attempts = call.attempts
  failure.statusCode = call.statusCode
  failure.unknownSinceMs = call.unknownSinceMs
  failure.restarts = call.restarts
}

/** Only a Poll and a tail call change `progressAtMs`; they may do so within the millisecond of the creation. */
function hasProgressed({ progressAtMs, createdAtMs, polls, children, wait }: CallRecord): boolean {
  return progressAtMs !== createdAtMs || polls !== 0 || children !== 0 || wait.maxResults !== 0
}

function restoreProgress(node: CallNode, call: CallRecord): void {
  const progress = node.changeProgress()
  progress.atMs = call.progressAtMs
  progress.polls = call.polls
  progress.children = call.children
  Object.assign(progress, call.wait)
}

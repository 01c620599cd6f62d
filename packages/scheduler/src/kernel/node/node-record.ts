import type { CallRecord } from '../../store/store.js'
import type { Target } from '../limits/slots.js'
import { CallNode, type LiveState, type Origin } from './call-node.js'

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
    inputBytes: node.inputBytes,
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

/** States as this module has them: what comes from a store is a text of its own for each call, of 32 bytes. */
const STATES = {
  scheduled: 'scheduled',
  pending: 'pending',
  suspended: 'suspended',
  done: 'pending',
} as const satisfies Record<CallRecord['state'], LiveState>

/** A node from what the store kept, not yet linked to its parent. @param parent - If it is not done. */
export function nodeOf(call: CallRecord, target: Target, parent: CallNode | undefined): CallNode {
  const node = new CallNode(call.id, {
    tenant: call.tenant,
    target,
    origin: call.parentId === '' ? undefined : originOf(call, parent),
    createdAtMs: call.createdAtMs,
    expiresAtMs: call.expiresAtMs,
  })
  node.state = STATES[call.state]
  node.concurrencyKey = call.concurrencyKey
  node.inputBytes = call.inputBytes
  node.progressAtMs = call.progressAtMs
  node.dueAtMs = call.dueAtMs
  node.attempts = call.attempts
  node.statusCode = call.statusCode
  node.unknownSinceMs = call.unknownSinceMs
  node.restarts = call.restarts
  node.polls = call.polls
  node.children = call.children
  node.wait = call.wait
  return node
}

/** With the texts that the parent has already, where it is there. */
function originOf(call: CallRecord, parent: CallNode | undefined): Origin {
  const { ordinal, parentRestarts, correlationId } = call
  const parentId = parent?.id ?? call.parentId
  return { parentId, rootId: parent?.rootId ?? call.rootId, ordinal, parentRestarts, correlationId }
}

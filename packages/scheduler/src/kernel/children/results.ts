import { STATUSES } from '@dispatch/protocol'
import type { CallNode } from '../node/call-node.js'
import type { InboxEntry } from '../node/inbox.js'
import type { KernelState } from '../state/kernel-state.js'
import { makeDue } from '../state/transitions.js'
import { isReady } from './wait-condition.js'

/** A child is done: its result is delivered to the parent, and resumes it if that is what it waits for (K5, K8). */
export function deliverResult(kernel: KernelState, parent: CallNode, result: InboxEntry): void {
  parent.receive(result)
  if (parent.state === 'suspended' && isReady(parent, kernel.nowMs)) makeDue(kernel, parent)
}

/** The entry in the inbox of the parent for a child that ended with this status. */
export function inboxEntryOf(
  child: { readonly ordinal: number; readonly correlationId: bigint },
  statusCode: number,
): InboxEntry {
  const { ordinal, correlationId } = child
  return { ordinal, correlationId, isFailure: statusCode !== STATUSES.ok.code }
}

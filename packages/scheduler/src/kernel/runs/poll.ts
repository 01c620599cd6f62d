import { expiryOf } from '../calls/expiry.js'
import { insertCall } from '../calls/submit.js'
import { childIdOf } from '../children/child-id.js'
import { resumeOrWait, setWaitCondition } from '../children/wait-condition.js'
import type { PolledCall, PollOutcome } from '../events/events.js'
import { inheritTarget } from '../limits/target.js'
import { CallNode } from '../node/call-node.js'
import { recordOf } from '../node/node-record.js'
import type { KernelState } from '../state/kernel-state.js'

/** The run suspended its call (K4). */
export function applyPoll(kernel: KernelState, node: CallNode, poll: PollOutcome): void {
  node.recordProgress(kernel.nowMs)
  const progress = node.changeProgress()
  kernel.writes.push({
    kind: 'journal',
    callId: node.id,
    restarts: node.failure.restarts,
    position: progress.polls,
    ordinals: node.takeDelivered().map(({ ordinal }) => ordinal),
    entry: poll.journalEntry,
  })
  progress.polls += 1
  setWaitCondition(node, poll, kernel.nowMs)
  for (const polled of poll.calls) addChild(kernel, node, polled)
  node.enter('suspended')
  const { state, refusal } = poll
  kernel.writes.push({
    kind: 'update',
    call: recordOf(node),
    state,
    ...(refusal !== undefined && { result: refusal }),
  })
  resumeOrWait(kernel, node)
}

function addChild(kernel: KernelState, parent: CallNode, { call, correlationId }: PolledCall): void {
  const progress = parent.changeProgress()
  progress.children += 1
  const { id: parentId, rootId, tenant } = parent
  const ordinal = progress.children
  const parentRestarts = parent.failure.restarts
  const node = new CallNode(childIdOf(parentId, parentRestarts, ordinal), {
    tenant,
    target: kernel.slots.target(tenant, inheritTarget(call, parent.target)),
    origin: { parentId, rootId, ordinal, parentRestarts, correlationId },
    createdAtMs: kernel.nowMs,
    expiresAtMs: expiryOf(call, kernel.nowMs, parent.expiresAtMs), // K12
  })
  parent.adopt(node)
  insertCall(kernel, node, call)
}

import type { CallRecord, FinishedChild } from '../../store/store.js'
import { inboxEntryOf } from '../children/results.js'
import { resumeOrWait } from '../children/wait-condition.js'
import type { CallNode } from '../node/call-node.js'
import { nodeOf } from '../node/node-record.js'
import type { KernelState } from '../state/kernel-state.js'
import { retryDelayMsMax } from '../state/retry-policy.js'

/** Adds calls that a store kept, parents before their children. */
export function takeCalls(kernel: KernelState, calls: readonly CallRecord[]): void {
  for (const call of calls) {
    const parent = kernel.calls.get(call.parentId)
    const node = nodeOf(call, kernel.slots.target(call.tenant, call), parent)
    kernel.add(node)
    if (parent !== undefined && parent.failure.restarts === call.parentRestarts) parent.adopt(node)
  }
}

/** Queues these calls and sets their timers. @param finished - See `Store.load`. */
export function restoreCalls(kernel: KernelState, finished: readonly FinishedChild[]): void {
  for (const child of finished) {
    const parent = kernel.calls.get(child.parentId)
    if (parent === undefined || parent.failure.restarts !== child.parentRestarts) continue
    parent.receive(inboxEntryOf(child, child.statusCode))
  }
  for (const node of kernel.calls.values()) {
    if (node.expiresAtMs > 0) kernel.timers.add(node.expiresAtMs, node)
    if (node.state === 'pending') kernel.slots.enqueue(node)
    else if (node.state === 'scheduled') restoreSchedule(kernel, node)
    else resumeOrWait(kernel, node)
  }
}

/** A back-off is no longer than it can have been, even if the clock was set back since it began. */
function restoreSchedule(kernel: KernelState, node: CallNode): void {
  const { attempts, dueAtMs } = node.failure
  const latestMs = kernel.nowMs + retryDelayMsMax(kernel.policy)
  if (attempts > 0 && dueAtMs > latestMs) node.changeFailure().dueAtMs = latestMs
  kernel.timers.add(node.failure.dueAtMs, node)
}

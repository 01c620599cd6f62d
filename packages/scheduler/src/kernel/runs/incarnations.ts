import { STATUSES, statusOfCode } from '@dispatch/protocol'
import { endTree } from '../calls/end.js'
import { expiryOf } from '../calls/expiry.js'
import type { TailCallOutcome } from '../events/events.js'
import { inheritTarget } from '../limits/target.js'
import type { CallNode } from '../node/call-node.js'
import { recordOf } from '../node/node-record.js'
import type { KernelState } from '../state/kernel-state.js'
import { retryDelayMs } from '../state/retry-policy.js'
import { makeDue, schedule } from '../state/transitions.js'

/** The call begins again with the same input (K9). */
export function restart(kernel: KernelState, node: CallNode, statusCode: number): void {
  beginAgain(kernel, node)
  node.changeFailure().statusCode = statusCode
  const { restarts } = node.failure
  if (restarts === 1) makeDue(kernel, node)
  else schedule(kernel, node, kernel.nowMs + retryDelayMs(kernel.policy, restarts - 1, kernel.roll, 0))
  kernel.writes.push({ kind: 'update', call: recordOf(node), state: null })
}

/** The call is replaced by another under the same id (K10). */
export function applyTailCall(
  kernel: KernelState,
  node: CallNode,
  { call, statusCode }: TailCallOutcome,
): void {
  beginAgain(kernel, node)
  node.recordProgress(kernel.nowMs)
  changeTarget(kernel, node, kernel.slots.target(node.tenant, inheritTarget(call, node.target)))
  node.concurrencyKey = call.concurrencyKey
  node.expiresAtMs = expiryOf(call, kernel.nowMs, node.expiresAtMs) // K12
  if (node.expiresAtMs > 0) kernel.timers.add(node.expiresAtMs, node)
  kernel.setInputBytes(node, call.input.byteLength)
  const isRetryable = STATUSES[statusOfCode(statusCode)].retry === 'yes'
  const delayMs = Math.max(call.delayMs, isRetryable ? retryDelayMs(kernel.policy, 1, kernel.roll, 0) : 0)
  if (delayMs > 0) schedule(kernel, node, kernel.nowMs + delayMs)
  else makeDue(kernel, node)
  kernel.writes.push({ kind: 'update', call: recordOf(node), input: call.input, state: null })
}

/** Discards everything that the call has done since its input. */
function beginAgain(kernel: KernelState, node: CallNode): void {
  const { openChildren } = node.progress
  node.disown()
  for (const child of openChildren) endTree(kernel, child, 'canceled')
  node.beginAgain()
}

function changeTarget({ slots }: KernelState, node: CallNode, target: CallNode['target']): void {
  const { slot } = node.target
  node.target = target
  slots.addCall(target.slot)
  slots.removeCall(slot)
}

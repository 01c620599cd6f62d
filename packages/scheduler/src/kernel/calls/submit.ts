import type { NewCall, SubmittedCall } from '../events/events.js'
import { CallNode } from '../node/call-node.js'
import { recordOf } from '../node/node-record.js'
import type { KernelState } from '../state/kernel-state.js'
import { makeDue, schedule } from '../state/transitions.js'
import { expiryOf } from './expiry.js'

/** A call that was dispatched. */
export function submitCall(kernel: KernelState, { id, tenant, call }: SubmittedCall): void {
  if (kernel.calls.has(id)) return // K1
  const node = new CallNode(id, {
    tenant,
    target: kernel.slots.target(tenant, call),
    origin: undefined,
    createdAtMs: kernel.nowMs,
    expiresAtMs: expiryOf(call, kernel.nowMs, 0),
  })
  insertCall(kernel, node, call)
}

/** Records a new call, and queues or schedules it. */
export function insertCall(kernel: KernelState, node: CallNode, call: NewCall): void {
  node.concurrencyKey = call.concurrencyKey
  node.inputBytes = call.input.byteLength
  kernel.add(node)
  if (node.expiresAtMs > 0) kernel.timers.add(node.expiresAtMs, node)
  if (call.delayMs > 0) schedule(kernel, node, kernel.nowMs + call.delayMs)
  else makeDue(kernel, node)
  kernel.writes.push({ kind: 'insert', call: recordOf(node), input: call.input })
}

import type { CallNode } from '../node/call-node.js'
import type { KernelState } from './kernel-state.js'

/** The call waits for a slot. */
export function makeDue(kernel: KernelState, node: CallNode): void {
  node.enter('pending')
  kernel.slots.enqueue(node)
}

/** The call waits for its time. */
export function schedule(kernel: KernelState, node: CallNode, dueAtMs: number): void {
  node.enter('scheduled')
  node.changeFailure().dueAtMs = dueAtMs
  kernel.timers.add(dueAtMs, node)
}

/** The call has a slot. */
export function beginRun(kernel: KernelState, node: CallNode): void {
  node.enter('running')
  kernel.lastRun += 1
  node.run = kernel.lastRun
}

/** The present run has ended: its slot is free, and what becomes of the call is decided next. */
export function endRun(kernel: KernelState, node: CallNode): void {
  node.enter('ending')
  kernel.slots.release(node)
  node.run = 0
}

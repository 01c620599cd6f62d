import type { RanEvent } from '../events/events.js'
import type { KernelState } from '../state/kernel-state.js'
import { endRun, makeDue } from '../state/transitions.js'
import { applyExit, applyFailure, confirmFunction } from './attempts.js'
import { applyTailCall } from './incarnations.js'
import { applyPoll } from './poll.js'

/** A run has ended: adapts the limits, and applies its outcome to the call. */
export function applyOutcome(kernel: KernelState, { id, run, outcome, roll, delivered }: RanEvent): void {
  const node = kernel.calls.get(id)
  if (node === undefined || node.run !== run) return // K3
  const { inbox } = node.progress
  if (delivered !== undefined && delivered < inbox.delivering) inbox.delivering = delivered // K6
  kernel.roll = roll
  kernel.slots.adjust(node, outcome, kernel.lastRun) // K14
  endRun(kernel, node)
  switch (outcome.kind) {
    case 'poll':
      applyPoll(kernel, node, outcome)
      break
    case 'tail-call':
      applyTailCall(kernel, node, outcome)
      break
    case 'exit':
      applyExit(kernel, node, outcome)
      break
    case 'failure':
      applyFailure(kernel, node, outcome)
      break
    case 'needs-journal':
      confirmFunction(node)
      node.changeProgress().needsJournal = true
      makeDue(kernel, node)
      break
    case 'abandoned':
      makeDue(kernel, node)
      break
  }
}

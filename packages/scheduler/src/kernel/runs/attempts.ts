import { STATUSES, statusOfCode } from '@dispatch/protocol'
import { finishCall } from '../calls/end.js'
import type { AttemptEnd, FailureOutcome } from '../events/events.js'
import type { CallNode } from '../node/call-node.js'
import { recordOf } from '../node/node-record.js'
import type { KernelState } from '../state/kernel-state.js'
import { retryAtMs } from '../state/retry-policy.js'
import { schedule } from '../state/transitions.js'
import { restart } from './incarnations.js'

/** The function answered. */
export function applyExit(kernel: KernelState, node: CallNode, end: AttemptEnd): void {
  confirmFunction(node)
  endAttempt(kernel, node, end)
}

/** There is no usable answer. */
export function applyFailure(kernel: KernelState, node: CallNode, failure: FailureOutcome): void {
  if (failure.source !== 'function') {
    endAttempt(kernel, node, failure)
    return
  }
  if (node.failure.unknownSinceMs === 0) node.changeFailure().unknownSinceMs = kernel.nowMs
  const latestMs = node.failure.unknownSinceMs + kernel.policy.unknownFunctionMsMax
  if (kernel.nowMs >= latestMs)
    finishAttempt(kernel, node, failure) // K11
  else retry(kernel, node, failure, latestMs)
}

/** K11: an endpoint that answers has the function. */
export function confirmFunction(node: CallNode): void {
  if (node.failure.unknownSinceMs !== 0) node.changeFailure().unknownSinceMs = 0
}

function endAttempt(kernel: KernelState, node: CallNode, end: AttemptEnd): void {
  switch (STATUSES[statusOfCode(end.statusCode)].retry) {
    case 'no':
      finishAttempt(kernel, node, end) // K8
      break
    case 'restart':
      restart(kernel, node, end.statusCode)
      break
    case 'yes':
      retry(kernel, node, end, Number.POSITIVE_INFINITY)
  }
}

function finishAttempt(kernel: KernelState, node: CallNode, { statusCode, result }: AttemptEnd): void {
  finishCall(kernel, node, { statusCode, result, attempts: node.failure.attempts + 1 })
}

/** K7. The call is due again at `latestMs` at the latest. */
function retry(kernel: KernelState, node: CallNode, end: AttemptEnd, latestMs: number): void {
  const attempts = node.failure.attempts + 1
  const dueAtMs = retryAtMs(kernel.policy, {
    ...node.target.options,
    attempts,
    progressAtMs: node.progressAtMs,
    floorMs: end.retryAfterMs,
    latestMs,
    nowMs: kernel.nowMs,
    roll: kernel.roll,
  })
  if (dueAtMs === undefined) {
    finishAttempt(kernel, node, end)
    return
  }
  const failure = node.changeFailure()
  failure.attempts = attempts
  failure.statusCode = end.statusCode
  schedule(kernel, node, dueAtMs)
  kernel.writes.push({ kind: 'update', call: recordOf(node) })
}

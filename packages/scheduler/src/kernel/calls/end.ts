import { STATUSES } from '@dispatch/protocol'
import { deliverResult, inboxEntryOf } from '../children/results.js'
import type { CallNode } from '../node/call-node.js'
import { doneRecordOf } from '../node/node-record.js'
import type { KernelState } from '../state/kernel-state.js'
import { endRun } from '../state/transitions.js'
import { CANCELED_RESULT, EXPIRED_RESULT } from './own-results.js'

/** How a call ended. */
interface CallEnd {
  readonly statusCode: number
  readonly result: Uint8Array
  /** Attempts that have ended. */
  readonly attempts: number
}

/** The call is done: it leaves the kernel, and its parent receives the result. */
export function finishCall(
  kernel: KernelState,
  node: CallNode,
  { statusCode, result, attempts }: CallEnd,
): void {
  node.enter('done')
  kernel.remove(node)
  const call = doneRecordOf(node, { attempts, statusCode, finishedAtMs: kernel.nowMs })
  kernel.writes.push({ kind: 'update', call, state: null, result })
  kernel.effects.push({ kind: 'done', call, result })
  const { parent } = node
  if (parent === undefined) return
  node.parent = undefined
  parent.progress.openChildren.delete(node)
  if (parent.state !== 'done') deliverResult(kernel, parent, inboxEntryOf(node.origin, statusCode)) // K15
}

/** K13 */
export function cancelCall(kernel: KernelState, id: string): void {
  const node = kernel.calls.get(id)
  if (node !== undefined) endTree(kernel, node, 'canceled')
}

/** K12, K13: ends a call and every call below it, the lowest first, so that none is resumed by the end of another. */
export function endTree(kernel: KernelState, top: CallNode, reason: 'expired' | 'canceled'): void {
  const tree = [top]
  for (const node of tree) {
    for (const child of node.progress.openChildren) tree.push(child)
    node.disown()
  }
  const end =
    reason === 'expired'
      ? { statusCode: STATUSES.timeout.code, result: EXPIRED_RESULT }
      : { statusCode: STATUSES.permanent.code, result: CANCELED_RESULT }
  for (const node of tree.reverse()) {
    let { attempts } = node.failure
    if (node.state === 'running') {
      attempts += 1
      kernel.effects.push({ kind: 'abort', id: node.id, run: node.run, reason })
      endRun(kernel, node)
    } else if (node.state === 'suspended') {
      kernel.effects.push({ kind: 'release', id: node.id, endpoint: node.target.endpoint, reason })
    }
    finishCall(kernel, node, { ...end, attempts })
  }
}

import { childIdOf } from '../children/child-id.js'
import type { Delivery, RunEffect } from '../events/events.js'
import { type CallNode, REFUSED } from '../node/call-node.js'
import type { KernelState } from '../state/kernel-state.js'
import { beginRun } from '../state/transitions.js'

/** Starts a run of every queued call for which the limits have capacity. */
export function startRuns(kernel: KernelState): void {
  for (let node = kernel.slots.takeNext(); node !== undefined; node = kernel.slots.takeNext()) {
    beginRun(kernel, node)
    const { inbox, maxResults } = node.progress
    if (inbox.entries.length > 0) inbox.delivering = Math.min(inbox.entries.length, maxResults) // K6
    kernel.effects.push(runEffectOf(node))
  }
}

function runEffectOf(node: CallNode): RunEffect {
  const { target, origin, failure, progress } = node
  return {
    kind: 'run',
    id: node.id,
    run: node.run,
    parentId: origin.parentId,
    rootId: node.rootId,
    endpoint: target.endpoint,
    function: target.function,
    createdAtMs: node.createdAtMs,
    expiresAtMs: node.expiresAtMs,
    attempt: failure.attempts + 1,
    restarts: failure.restarts,
    runMsMax: target.options.runMsMax,
    deliveries: progress.polls === 0 ? undefined : deliveriesOf(node),
    isRefused: progress.minResults === REFUSED,
    needsJournal: progress.needsJournal,
  }
}

function deliveriesOf({ id, failure, progress }: CallNode): Delivery[] {
  const { entries, delivering } = progress.inbox
  return entries.slice(0, delivering).map(({ ordinal, correlationId }) => ({
    childId: childIdOf(id, failure.restarts, ordinal),
    ordinal,
    correlationId,
  }))
}

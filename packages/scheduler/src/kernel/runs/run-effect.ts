import type { Delivery, Effect } from '../events.js'
import { type CallNode, childIdOf, REFUSED } from '../node/call-node.js'

/** What there is to carry out for the run of a call that begins now. */
export function runEffectOf(node: CallNode): Extract<Effect, { kind: 'run' }> {
  const { target } = node
  return {
    kind: 'run',
    id: node.id,
    run: node.run,
    parentId: node.parentId,
    rootId: node.rootId,
    endpoint: target.endpoint,
    function: target.function,
    createdAtMs: node.createdAtMs,
    expiresAtMs: node.expiresAtMs,
    attempt: node.attempts + 1,
    restarts: node.restarts,
    runMsMax: target.options.runMsMax,
    deliveries: node.polls === 0 ? undefined : deliveriesOf(node),
    isRefused: node.wait.minResults === REFUSED,
    withJournal: node.withJournal,
  }
}

/** What the run that begins now receives. */
function deliveriesOf(node: CallNode): Delivery[] {
  return node.results.slice(0, node.delivering).map(({ ordinal, correlationId }) => ({
    childId: childIdOf(node.id, node.restarts, ordinal),
    ordinal,
    correlationId,
  }))
}

import type { CallRecord, Write } from '@dispatch/scheduler'
import type { Log } from './violations.js'

/** The function whose calls run one at a time, so that the wait of each is observable. */
export const QUEUED = 'queued'

/** Maximum number of calls that one commit may reorder. */
const SLACK = 1

/** A call that waits for its turn or for the start of its run. */
interface WaitingCall {
  readonly tree: string
  readonly order: number
  /** Number of runs started at the endpoint when the call began to wait. */
  readonly since: number
  /** Trees that were waiting at that time. */
  readonly before: ReadonlySet<string>
}

/** Events at one endpoint since the scheduler started. */
interface EndpointState {
  readonly begun: { readonly tree: string; readonly order: number; readonly isAgain: boolean }[]
  readonly waiting: Map<string, WaitingCall>
  /**
   * Trees whose first call was cancelled, with the number of runs started by then: the call may have been given its turn
   * just before, which is not observable; the turn is used up nevertheless.
   */
  readonly spent: { readonly tree: string; readonly at: number }[]
  /** Calls that have run here, or may begin to wait without being observed. */
  readonly seen: Set<string>
  /** Calls whose run started before the commit that records them, with the number of runs started by then. */
  readonly early: Map<string, number>
}

/**
 * Checks fairness (I12): a call of {@link QUEUED} does not wait longer than its turn. While it waits, each other tree has
 * one turn for each turn of its own tree, and one more if it was waiting before; calls of a tree keep their order.
 */
export class FairnessCheck {
  readonly #log: Log
  readonly #states = new Map<string, EndpointState>()
  #order = 0

  constructor(log: Log) {
    this.#log = log
  }

  /** A scheduler starts: it has queued the calls on the disk in an order of its own. */
  restart(calls: Iterable<CallRecord>): void {
    this.#states.clear()
    for (const call of calls) {
      if (this.#waits(call)) this.#enter(call, 0)
      else this.#noteDelayed(call)
    }
  }

  /** A commit: updates which calls wait. */
  committed(writes: readonly Write[]): void {
    const calls = writes.flatMap((write) => (write.kind === 'journal' ? [] : [write.call]))
    const queued = calls.filter((call) => call.function === QUEUED)
    const earlySince = this.#takeEarly(queued)
    for (const call of queued) this.#committed(call, earlySince.get(call.rootId))
  }

  /** By tree, the number of runs started before the first of its calls that this commit records and that has already run. */
  #takeEarly(calls: readonly CallRecord[]): Map<string, number> {
    const earlySince = new Map<string, number>()
    for (const { endpoint, id, rootId } of calls) {
      const { early } = this.#stateOf(endpoint)
      const since = early.get(id)
      early.delete(id)
      if (since !== undefined) earlySince.set(rootId, Math.min(since, earlySince.get(rootId) ?? since))
    }
    return earlySince
  }

  #committed(call: CallRecord, earlySince: number | undefined): void {
    const state = this.#stateOf(call.endpoint)
    if (!this.#waits(call)) {
      const [first] = [...state.waiting].find(([, { tree }]) => tree === call.rootId) ?? []
      if (first === call.id) state.spent.push({ tree: call.rootId, at: state.begun.length })
      state.waiting.delete(call.id)
      this.#noteDelayed(call)
    } else if (!state.seen.has(call.id)) this.#enter(call, ++this.#order, earlySince)
  }

  /** The scheduler starts a run of the call at this endpoint. */
  began(endpoint: string, id: string, tree: string): void {
    const state = this.#stateOf(endpoint)
    const call = state.waiting.get(id)
    state.waiting.delete(id)
    if (call !== undefined) this.#judge(state, id, call)
    else if (!state.seen.has(id)) state.early.set(id, state.begun.length)
    state.begun.push({ tree, order: call?.order ?? 0, isAgain: state.seen.has(id) && call === undefined })
    state.seen.add(id)
  }

  /** The calls waiting at this endpoint by the root of their tree, in the order of arrival. */
  waitingAt(endpoint: string): Map<string, string[]> {
    const trees = new Map<string, string[]>()
    for (const [id, { tree }] of this.#stateOf(endpoint).waiting) {
      trees.set(tree, [...(trees.get(tree) ?? []), id])
    }
    return trees
  }

  #judge({ begun, spent }: EndpointState, id: string, { tree, order, since, before }: WaitingCall): void {
    const meanwhile = begun.slice(since)
    const own = meanwhile.filter((run) => run.tree === tree)
    if (order > 0 && own.some((run) => run.order > order)) {
      this.#log.violate('I12', `${id}: a call of its tree that came later has run before it`)
    }
    const ownTurns = own.length + spent.filter((turn) => turn.tree === tree && turn.at >= since).length
    const turns = new Map<string, number>()
    for (const run of meanwhile) if (run.tree !== tree) turns.set(run.tree, (turns.get(run.tree) ?? 0) + 1)
    let excess = 0
    for (const [other, count] of turns) {
      const wasThere = before.has(other) || meanwhile.some((run) => run.tree === other && run.isAgain)
      excess += Math.max(0, count - ownTurns - (wasThere ? 1 : 0))
    }
    if (excess > SLACK) this.#log.violate('I12', `${id} waits while others have ${excess} turns too many`)
  }

  /** The call begins to wait when it becomes due, which no commit records. */
  #noteDelayed(call: CallRecord): void {
    if (call.function === QUEUED && call.state === 'scheduled') this.#stateOf(call.endpoint).seen.add(call.id)
  }

  #waits(call: CallRecord): boolean {
    return call.function === QUEUED && call.state === 'pending'
  }

  /** @param since - Number of started runs when it actually began to wait. Default: the current number. */
  #enter(call: CallRecord, order: number, since?: number): void {
    const state = this.#stateOf(call.endpoint)
    const before = new Set([...state.waiting.values()].map(({ tree }) => tree))
    state.waiting.set(call.id, { tree: call.rootId, order, since: since ?? state.begun.length, before })
  }

  #stateOf(endpoint: string): EndpointState {
    let state = this.#states.get(endpoint)
    if (state === undefined) {
      state = { begun: [], waiting: new Map(), spent: [], seen: new Set(), early: new Map() }
      this.#states.set(endpoint, state)
    }
    return state
  }
}

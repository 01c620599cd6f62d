import type { CallRecord, Write } from '@dispatch/scheduler'
import type { Log } from './violations.js'

/** The function whose calls take turns one at a time, so that everybody's wait is seen. */
export const QUEUED = 'queued'

/** What one commit may put in another order than it was decided in. */
const SLACK = 1

/** A call that waits for its turn, or the beginning of its run. */
interface Place {
  readonly tree: string
  readonly order: number
  /** Runs that had begun there when it came to wait. */
  readonly since: number
  /** Trees that waited then. */
  readonly before: ReadonlySet<string>
}

/** What happened at one endpoint since the scheduler began. */
interface Line {
  readonly begun: { readonly tree: string; readonly order: number; readonly isAgain: boolean }[]
  readonly waiting: Map<string, Place>
  /**
   * Trees whose first call was cancelled, and the runs that had begun then: it may have been given its turn just before, of
   * which nobody hears; the turn is used all the same.
   */
  readonly spent: { readonly tree: string; readonly at: number }[]
  /** Calls that have run here, or may come to wait unnoticed. */
  readonly seen: Set<string>
  /** Calls whose run has begun before the commit that records them, and the runs that had begun then. */
  readonly early: Map<string, number>
}

/**
 * Watches that nobody starves (I12): a call of {@link QUEUED} waits no longer than its turn. While it waits each other
 * tree has one turn for each of its own tree, and one more if it was there before; within a tree calls keep their order.
 */
export class Turns {
  readonly #log: Log
  readonly #lines = new Map<string, Line>()
  #order = 0

  constructor(log: Log) {
    this.#log = log
  }

  /** A scheduler begins: it has queued again what was on the disk, in an order of its own. */
  restart(calls: Iterable<CallRecord>): void {
    this.#lines.clear()
    for (const call of calls) {
      if (this.#waits(call)) this.#enter(call, 0)
      else this.#noteDelayed(call)
    }
  }

  /** A commit: who comes to wait, and who has left. */
  committed(writes: readonly Write[]): void {
    const calls = writes.flatMap((write) => (write.kind === 'journal' ? [] : [write.call]))
    const queued = calls.filter((call) => call.function === QUEUED)
    const earlySince = this.#takeEarly(queued)
    for (const call of queued) this.#committed(call, earlySince.get(call.rootId))
  }

  /** By tree, how many runs had begun before the first of its calls that this commit records and that has run already. */
  #takeEarly(calls: readonly CallRecord[]): Map<string, number> {
    const earlySince = new Map<string, number>()
    for (const { endpoint, id, rootId } of calls) {
      const { early } = this.#lineOf(endpoint)
      const since = early.get(id)
      early.delete(id)
      if (since !== undefined) earlySince.set(rootId, Math.min(since, earlySince.get(rootId) ?? since))
    }
    return earlySince
  }

  #committed(call: CallRecord, earlySince: number | undefined): void {
    const line = this.#lineOf(call.endpoint)
    if (!this.#waits(call)) {
      const [first] = [...line.waiting].find(([, { tree }]) => tree === call.rootId) ?? []
      if (first === call.id) line.spent.push({ tree: call.rootId, at: line.begun.length })
      line.waiting.delete(call.id)
      this.#noteDelayed(call)
    } else if (!line.seen.has(call.id)) this.#enter(call, ++this.#order, earlySince)
  }

  /** The scheduler begins a run of the call at this endpoint. */
  began(endpoint: string, id: string, tree: string): void {
    const line = this.#lineOf(endpoint)
    const place = line.waiting.get(id)
    line.waiting.delete(id)
    if (place !== undefined) this.#judge(line, id, place)
    else if (!line.seen.has(id)) line.early.set(id, line.begun.length)
    line.begun.push({ tree, order: place?.order ?? 0, isAgain: line.seen.has(id) && place === undefined })
    line.seen.add(id)
  }

  /** The calls that wait at this endpoint, by their trees' roots, in the order in which they came. */
  waitingAt(endpoint: string): Map<string, string[]> {
    const trees = new Map<string, string[]>()
    for (const [id, { tree }] of this.#lineOf(endpoint).waiting) {
      trees.set(tree, [...(trees.get(tree) ?? []), id])
    }
    return trees
  }

  #judge({ begun, spent }: Line, id: string, { tree, order, since, before }: Place): void {
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

  /** It comes to wait when its time has come, which no commit tells. */
  #noteDelayed(call: CallRecord): void {
    if (call.function === QUEUED && call.state === 'scheduled') this.#lineOf(call.endpoint).seen.add(call.id)
  }

  #waits(call: CallRecord): boolean {
    return call.function === QUEUED && call.state === 'pending'
  }

  /** @param since - It has been waiting since so many runs had begun, though nobody knew; default: since now. */
  #enter(call: CallRecord, order: number, since?: number): void {
    const line = this.#lineOf(call.endpoint)
    const before = new Set([...line.waiting.values()].map(({ tree }) => tree))
    line.waiting.set(call.id, { tree: call.rootId, order, since: since ?? line.begun.length, before })
  }

  #lineOf(endpoint: string): Line {
    let line = this.#lines.get(endpoint)
    if (line === undefined) {
      line = { begun: [], waiting: new Map(), spent: [], seen: new Set(), early: new Map() }
      this.#lines.set(endpoint, line)
    }
    return line
  }
}

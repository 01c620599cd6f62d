import { DispatchError } from '@dispatch/protocol'
import { type CallChange, existsError, foldWrites, journalExistsError, unknownError } from './fold-writes.js'
import type {
  CallRecord,
  ChildResult,
  FinishedChild,
  Payloads,
  Store,
  StoredJournalEntry,
  Write,
} from './store.js'

interface StoredCall {
  call: CallRecord
  input: Uint8Array | undefined
  state: Uint8Array | undefined
  result: Uint8Array | undefined
  /** By restart number, then by position. */
  readonly journal: Map<number, Map<number, StoredJournalEntry>>
}

/**
 * A store in memory, for tests and for `':memory:'`. It keeps its calls over `close` and `open`, so that a test can
 * restart a scheduler on it.
 */
export function createMemoryStore(): Store {
  const calls = new Map<string, StoredCall>()
  const childrenOf = new Map<string, Set<string>>()
  let isOpen = false

  const assertOpen = () => {
    if (!isOpen) throw new DispatchError('permanent', 'the store is not open')
  }

  return {
    async open() {
      isOpen = true
    },

    async load(take): Promise<FinishedChild[]> {
      assertOpen()
      const live = [...calls.values()].filter(({ call }) => call.state !== 'done')
      take(live.map(({ call }) => call))
      return finishedChildren(calls, live)
    },

    async commit(writes: readonly Write[]) {
      assertOpen()
      const folded = foldWrites(writes)
      checkCalls(calls, folded.calls)
      const entries = new Set<string>()
      for (const { callId, restarts, position } of folded.journal) {
        const stored = calls.get(callId)
        if (stored === undefined && !folded.calls.some(({ call }) => call.id === callId))
          throw unknownError(callId)
        const key = `${callId} ${restarts} ${position}`
        if (entries.has(key) || stored?.journal.get(restarts)?.has(position))
          throw journalExistsError(callId, restarts, position)
        entries.add(key)
      }
      for (const change of folded.calls) applyChange(calls, childrenOf, change)
      for (const { callId, restarts, position, ordinals, entry } of folded.journal) {
        const journal = calls.get(callId)?.journal
        const positions = journal?.get(restarts) ?? new Map<number, StoredJournalEntry>()
        positions.set(position, { ordinals, entry })
        journal?.set(restarts, positions)
      }
    },

    async readPayloads(ids) {
      assertOpen()
      return ids.map((id) => {
        const stored = calls.get(id)
        return stored && payloadsOf(stored)
      })
    },

    async readCall(id) {
      assertOpen()
      const stored = calls.get(id)
      return stored && { call: stored.call, payloads: payloadsOf(stored) }
    },

    async existing(ids) {
      assertOpen()
      const tenants = new Map<string, string>()
      for (const id of ids) {
        const stored = calls.get(id)
        if (stored !== undefined) tenants.set(id, stored.call.tenant)
      }
      return tenants
    },

    async highestId(bound) {
      assertOpen()
      let highest = ''
      for (const id of calls.keys()) if (id < bound && id > highest) highest = id
      return highest
    },

    async readResults(parentId, parentRestarts, ordinals, bytesMax) {
      assertOpen()
      const byOrdinal = new Map<number, ChildResult>()
      for (const id of childrenOf.get(parentId) ?? []) {
        const child = calls.get(id)
        if (child?.call.parentRestarts === parentRestarts && child.call.state === 'done') {
          byOrdinal.set(child.call.ordinal, {
            correlationId: child.call.correlationId,
            result: child.result ?? new Uint8Array(0),
          })
        }
      }
      const found = ordinals.map((ordinal) => byOrdinal.get(ordinal))
      return found.slice(0, countThatFits(found, bytesMax))
    },

    async readJournal(callId, restarts) {
      assertOpen()
      const positions = calls.get(callId)?.journal.get(restarts) ?? new Map<number, StoredJournalEntry>()
      return [...positions].sort(([a], [b]) => a - b).map(([, entry]) => entry)
    },

    async prune(beforeMs, treesMax) {
      assertOpen()
      let trees = 0
      const roots = [...calls.values()].filter(({ call }) => call.parentId === '' && hasEnded(call, beforeMs))
      roots.sort((a, b) => a.call.finishedAtMs - b.call.finishedAtMs)
      for (const root of roots) {
        if (trees === treesMax) break
        const tree = treeOf(calls, childrenOf, root)
        if (!tree.every(({ call }) => hasEnded(call, beforeMs))) continue
        trees++
        for (const { call } of tree) {
          calls.delete(call.id)
          childrenOf.delete(call.id)
        }
      }
      return trees
    },

    async close() {
      isOpen = false
    },
  }
}

function checkCalls(calls: ReadonlyMap<string, StoredCall>, changes: readonly CallChange[]): void {
  for (const { isNew, call } of changes) {
    if (isNew && calls.has(call.id)) throw existsError(call.id)
    if (!isNew && !calls.has(call.id)) throw unknownError(call.id)
  }
}

function applyChange(
  calls: Map<string, StoredCall>,
  childrenOf: Map<string, Set<string>>,
  { call, input, state, result }: CallChange,
): void {
  const before = calls.get(call.id)
  calls.set(call.id, {
    call,
    input: input ?? before?.input,
    state: state === undefined ? before?.state : (state ?? undefined),
    result: result ?? before?.result,
    journal: before?.journal ?? new Map(),
  })
  if (before !== undefined || call.parentId === '') return
  const siblings = childrenOf.get(call.parentId) ?? new Set()
  childrenOf.set(call.parentId, siblings.add(call.id))
}

function payloadsOf({ input, state, result }: StoredCall): Payloads {
  return { input, state, result }
}

function finishedChildren(
  calls: ReadonlyMap<string, StoredCall>,
  live: readonly StoredCall[],
): FinishedChild[] {
  const parents = new Map(live.map((parent) => [parent.call.id, { parent, heard: ordinalsHeard(parent) }]))
  const finished: CallRecord[] = []
  for (const { call } of calls.values()) {
    const entry = parents.get(call.parentId)
    if (call.state !== 'done' || entry === undefined) continue
    if (call.parentRestarts !== entry.parent.call.restarts || entry.heard.has(call.ordinal)) continue
    finished.push(call)
  }
  // Sorting is stable and keeps the order of recording within a millisecond.
  finished.sort((a, b) => a.finishedAtMs - b.finishedAtMs)
  return finished.map(({ parentId, parentRestarts, ordinal, correlationId, statusCode }) => {
    return { parentId, parentRestarts, ordinal, correlationId, statusCode }
  })
}

/** Ordinals of the children whose results the call has received since its last restart. */
function ordinalsHeard({ call, journal }: StoredCall): Set<number> {
  const entries = journal.get(call.restarts)?.values() ?? []
  return new Set([...entries].flatMap(({ ordinals }) => ordinals))
}

function treeOf(
  calls: ReadonlyMap<string, StoredCall>,
  childrenOf: ReadonlyMap<string, Set<string>>,
  root: StoredCall,
): StoredCall[] {
  const tree = [root]
  for (let index = 0; index < tree.length; index++) {
    for (const id of childrenOf.get(tree[index]?.call.id ?? '') ?? []) {
      const child = calls.get(id)
      if (child !== undefined) tree.push(child)
    }
  }
  return tree
}

function hasEnded(call: CallRecord, beforeMs: number): boolean {
  return call.state === 'done' && call.finishedAtMs < beforeMs
}

/** Number of leading results that fit into `bytesMax`; at least one. */
function countThatFits(
  results: readonly (ChildResult | undefined)[],
  bytesMax = Number.POSITIVE_INFINITY,
): number {
  let bytes = 0
  const end = results.findIndex((child, index) => {
    bytes += child?.result.byteLength ?? 0
    return index > 0 && bytes > bytesMax
  })
  return end < 0 ? results.length : end
}

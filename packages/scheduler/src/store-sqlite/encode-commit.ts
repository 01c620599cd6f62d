import type { FoldedWrites } from '../fold-writes.js'
import { type CommitPart, encodePart } from './messages.js'

/** Calls that are encoded in one turn of the event loop: half a millisecond to one, by what they hold. */
export const CALLS_PER_TURN = 128

/**
 * Encodes a commit part by part in several turns of the event loop, so that the application answers its own requests
 * meanwhile.
 */
export async function encodeInTurns({ calls, journal }: FoldedWrites): Promise<CommitPart[]> {
  const parts: CommitPart[] = []
  for (let at = 0; at < calls.length; at += CALLS_PER_TURN) {
    if (at > 0) await new Promise((resolve) => setImmediate(resolve))
    parts.push(encodePart({ calls: calls.slice(at, at + CALLS_PER_TURN), journal: [] }))
  }
  // Last, because an entry refers to its call.
  if (journal.length > 0) parts.push(encodePart({ calls: [], journal }))
  return parts
}

import type { FoldedWrites } from '../../fold-writes.js'
import { type CommitPart, encodePart } from './messages.js'

/** Calls per part: encoding one takes half a millisecond to a millisecond, depending on its payloads. */
const CALLS_PER_PART = 128

/** Splits a commit, so that the application can serve requests between the parts. Each is encoded on demand. */
export function partsOf({ calls, journal }: FoldedWrites): (() => CommitPart)[] {
  if (calls.length <= CALLS_PER_PART) return [() => encodePart({ calls, journal })]
  const parts: (() => CommitPart)[] = []
  for (let at = 0; at < calls.length; at += CALLS_PER_PART) {
    const end = at + CALLS_PER_PART
    // The journal comes last, because entries refer to calls.
    parts.push(() => encodePart({ calls: calls.slice(at, end), journal: end < calls.length ? [] : journal }))
  }
  return parts
}

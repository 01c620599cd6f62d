import type { FoldedWrites } from '../../fold-writes.js'
import { type CommitPart, encodePart } from './messages.js'

/** Calls of one part: it takes half a millisecond to one to encode, by what they hold. */
const CALLS_PER_PART = 128

/** Takes a commit apart, so that the application answers its own requests between the parts. Each is encoded when asked for. */
export function partsOf({ calls, journal }: FoldedWrites): (() => CommitPart)[] {
  if (calls.length <= CALLS_PER_PART) return [() => encodePart({ calls, journal })]
  const parts: (() => CommitPart)[] = []
  for (let at = 0; at < calls.length; at += CALLS_PER_PART) {
    const end = at + CALLS_PER_PART
    // The journal comes last, because an entry refers to its call.
    parts.push(() => encodePart({ calls: calls.slice(at, end), journal: end < calls.length ? [] : journal }))
  }
  return parts
}

import type { Call } from '@dispatch/protocol/messages'

/** Bounds of the calls of one Poll. */
export interface PollLimits {
  readonly count: number
  /** Of the inputs, together. A single call may exceed it. */
  readonly bytes: number
}

/**
 * Takes as many calls from the front of `queue` as fit into one Poll, at least one. Calls that are no longer open are
 * skipped: they will never be made.
 *
 * @returns The calls, and what remains of the queue: nothing, or a list that begins with an open call.
 */
export function takeCalls(
  queue: Call[],
  isOpen: (call: Call) => boolean,
  limits: PollLimits,
): { readonly calls: Call[]; readonly rest: Call[] } {
  const calls: Call[] = []
  let bytes = 0
  for (const [index, call] of queue.entries()) {
    if (!isOpen(call)) continue
    bytes += call.input?.value.length ?? 0
    if (calls.length >= limits.count || (calls.length > 0 && bytes > limits.bytes)) {
      return { calls, rest: queue.slice(index) }
    }
    calls.push(call)
  }
  return { calls, rest: [] }
}

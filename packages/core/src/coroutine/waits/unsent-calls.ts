import type { Call } from '@dispatch/protocol/messages'

/**
 * Takes the first of `queue` that fit into one Poll, at least one. Calls that nobody waits for any more are
 * skipped: they will never be made.
 *
 * @returns The calls, and what remains of the queue; that is empty, or begins with a call that is waited for.
 */
export function takeCalls(
  queue: Call[],
  isOpen: (call: Call) => boolean,
  limits: { readonly count: number; readonly bytes: number },
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

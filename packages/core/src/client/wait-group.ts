import { Deferred, inOwnContext } from '@dispatch/protocol'
import type { CallInfo } from '@dispatch/protocol/messages'
import { setImmediate } from '@dispatch/protocol/time'

/** Calls that one request waits for. */
const CALLS_MAX = 500

/** Waits for a call as `Scheduler.wait` does. */
export type Wait = (
  dispatchId: string,
  timeoutMs: number,
  signal?: AbortSignal,
) => Promise<CallInfo | undefined>

export interface WaitGroupOptions {
  /** Waits for one call, by a request of its own. */
  readonly waitAlone: Wait
  /**
   * Waits for many calls by one request: calls `onCall` with the index of each when its result arrives, and resolves at the
   * end of the answer. Rejects when there is no answer; calls without a result are then waited for alone.
   */
  readonly waitTogether: (
    dispatchIds: readonly string[],
    timeoutMs: number,
    options: { readonly signal: AbortSignal; readonly onCall: (index: number, call: CallInfo) => void },
  ) => Promise<void>
}

/**
 * Waits for calls; waits that begin in one turn of the event loop, with the same timeout, share a request.
 *
 * A shared request ends with its last result, or when all of its waits were aborted. However it ends, each wait is
 * answered: one without a result is repeated as a request of its own.
 */
export function createWaitGroup({ waitAlone, waitTogether }: WaitGroupOptions): Wait {
  let waits: PendingWait[] = []

  const alone = (wait: PendingWait) => {
    wait.resolve(waitAlone(wait.dispatchId, wait.timeoutMs, wait.signal))
  }

  const together = async (group: readonly PendingWait[]) => {
    const request = new AbortController()
    for (const wait of group) {
      wait.onAbort = () => {
        if (group.every(({ isSettled }) => isSettled)) request.abort()
      }
    }
    const [{ timeoutMs }] = group as readonly [PendingWait]
    const ids = group.map(({ dispatchId }) => dispatchId)
    const onCall = (index: number, call: CallInfo) => group[index]?.resolve(call)
    await waitTogether(ids, timeoutMs, { signal: request.signal, onCall }).catch(() => undefined)
    for (const wait of group) if (!wait.isSettled) alone(wait)
  }

  const flush = () => {
    const groups = groupsOf(waits.filter(({ isSettled }) => !isSettled))
    waits = []
    for (const group of groups) {
      if (group.length === 1) alone(group[0] as PendingWait)
      else void together(group)
    }
  }

  return (dispatchId, timeoutMs, signal) => {
    const wait = new PendingWait(dispatchId, timeoutMs, signal)
    if (waits.length === 0) inOwnContext(() => setImmediate(flush))
    waits.push(wait)
    return wait.promise
  }
}

class PendingWait extends Deferred<CallInfo | undefined, AbortSignal | undefined> {
  readonly dispatchId: string
  readonly timeoutMs: number

  constructor(dispatchId: string, timeoutMs: number, signal: AbortSignal | undefined) {
    super(signal, (wait, reason) => wait.reject(reason))
    this.dispatchId = dispatchId
    this.timeoutMs = timeoutMs
  }
}

/** Waits with the same timeout, at most {@link CALLS_MAX} to a group. */
function groupsOf(waits: readonly PendingWait[]): PendingWait[][] {
  const groups: PendingWait[][] = []
  for (const wait of waits) {
    const group = groups.find((other) => other[0]?.timeoutMs === wait.timeoutMs && other.length < CALLS_MAX)
    if (group === undefined) groups.push([wait])
    else group.push(wait)
  }
  return groups
}

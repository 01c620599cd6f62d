import { setImmediate } from 'node:timers'
import type { CallInfo } from '@dispatch/protocol/messages'

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
   * Waits for many calls by one request; tells of each, by its index, as soon as it is known, and resolves when the
   * answer has ended. Rejects when it could not be had; who has not been told of then waits alone.
   */
  readonly waitTogether: (
    dispatchIds: readonly string[],
    timeoutMs: number,
    options: { readonly signal: AbortSignal; readonly onCall: (index: number, call: CallInfo) => void },
  ) => Promise<void>
}

/**
 * Waits for calls; those that begin to in one turn of the event loop, for equally long, share a request.
 *
 * A request ends when its last call is known, or when nobody waits for one of them any more. Whatever becomes of it, each
 * who waits is answered: what a request for many does not tell, one of its own does.
 */
export function createWaitGroup({ waitAlone, waitTogether }: WaitGroupOptions): Wait {
  let waiting: Member[] = []

  const alone = (member: Member) => {
    member.settle(waitAlone(member.dispatchId, member.timeoutMs, member.signal))
  }

  const together = async (members: readonly Member[]) => {
    const request = new AbortController()
    for (const member of members) {
      member.onAbort = () => {
        if (members.every(({ isSettled }) => isSettled)) request.abort()
      }
    }
    const [{ timeoutMs }] = members as readonly [Member]
    const ids = members.map(({ dispatchId }) => dispatchId)
    const onCall = (index: number, call: CallInfo) => members[index]?.settle(call)
    await waitTogether(ids, timeoutMs, { signal: request.signal, onCall }).catch(() => undefined)
    for (const member of members) if (!member.isSettled) alone(member)
  }

  const flush = () => {
    const groups = groupsOf(waiting.filter(({ isSettled }) => !isSettled))
    waiting = []
    for (const group of groups) {
      if (group.length === 1) alone(group[0] as Member)
      else void together(group)
    }
  }

  return (dispatchId, timeoutMs, signal) => {
    const member = new Member(dispatchId, timeoutMs, signal)
    if (waiting.length === 0) setImmediate(flush)
    waiting.push(member)
    return member.answer
  }
}

/** Somebody who waits for a call. */
class Member {
  readonly dispatchId: string
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly answer: Promise<CallInfo | undefined>
  readonly settle: (call: CallInfo | Promise<CallInfo | undefined>) => void
  isSettled = false
  /** Is told when it waits no longer because its signal has aborted. */
  onAbort: (() => void) | undefined

  constructor(dispatchId: string, timeoutMs: number, signal: AbortSignal | undefined) {
    this.dispatchId = dispatchId
    this.timeoutMs = timeoutMs
    this.signal = signal
    const { promise, resolve } = withResolvers<CallInfo | undefined>()
    this.answer = promise
    const abort = () => {
      this.settle(Promise.reject(signal?.reason))
      this.onAbort?.()
    }
    this.settle = (call) => {
      if (this.isSettled) return
      this.isSettled = true
      signal?.removeEventListener('abort', abort)
      resolve(call)
    }
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
  }
}

/** Those that wait equally long, so many at a time. */
function groupsOf(members: readonly Member[]): Member[][] {
  const groups: Member[][] = []
  for (const member of members) {
    const group = groups.find((other) => other[0]?.timeoutMs === member.timeoutMs && other.length < CALLS_MAX)
    if (group === undefined) groups.push([member])
    else group.push(member)
  }
  return groups
}

function withResolvers<T>() {
  let resolve: (value: T | PromiseLike<T>) => void = () => undefined
  const promise = new Promise<T>((onResolve) => {
    resolve = onResolve
  })
  return { promise, resolve }
}

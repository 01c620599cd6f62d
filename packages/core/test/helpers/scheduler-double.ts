import type { Scheduler } from '@dispatch/protocol'
import { type Call, type CallInfo, CallInfoSchema, CallState, create } from '@dispatch/protocol/messages'

/** A scheduler that records its requests, and whose calls the test settles. */
export interface SchedulerDouble extends Scheduler {
  /** The calls of each `dispatch`. */
  readonly requests: Call[][]
  readonly calls: Map<string, CallInfo>
  /** Changes a call and wakes the requests that wait for it. */
  settle(id: string, change: Partial<CallInfo>): void
}

/** Ids are `call-1`, `call-2` …; a call is pending until it is settled. */
export function createSchedulerDouble(): SchedulerDouble {
  const requests: Call[][] = []
  const calls = new Map<string, CallInfo>()
  const waiters: (() => void)[] = []
  const changed = () =>
    new Promise<void>((resolve) => {
      waiters.push(resolve)
    })
  return {
    requests,
    calls,
    settle(id, change) {
      calls.set(id, { ...(calls.get(id) as CallInfo), ...change })
      for (const wake of waiters.splice(0)) wake()
    },
    async dispatch(batch) {
      requests.push([...batch])
      return batch.map((call) => {
        const dispatchId = call.dispatchId || `call-${calls.size + 1}`
        calls.set(
          dispatchId,
          create(CallInfoSchema, {
            dispatchId,
            rootDispatchId: dispatchId,
            endpoint: call.endpoint,
            function: call.function,
            state: CallState.PENDING,
          }),
        )
        return dispatchId
      })
    },
    async get(id) {
      return calls.get(id)
    },
    async wait(id, timeoutMs, signal) {
      const info = calls.get(id)
      if (info === undefined || info.state === CallState.DONE) return info
      let timer: NodeJS.Timeout | undefined
      const ended = new Promise<void>((resolve) => {
        signal?.addEventListener('abort', () => resolve())
        timer = setTimeout(resolve, timeoutMs)
      })
      await Promise.race([changed(), ended])
      clearTimeout(timer)
      return calls.get(id)
    },
    async cancel(id) {
      return calls.get(id)
    },
  }
}

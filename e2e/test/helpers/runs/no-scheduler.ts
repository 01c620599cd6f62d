import { DispatchError, type Scheduler } from '@dispatch/protocol'
import type { Call } from '@dispatch/protocol/messages'

/** A stand-alone scheduler that refuses every request, and records them. */
export function createNoScheduler(): Scheduler & { readonly requests: (readonly Call[])[] } {
  const requests: (readonly Call[])[] = []
  const refuse = async () => {
    throw new DispatchError('temporary', 'there is no scheduler')
  }
  return {
    requests,
    dispatch(calls) {
      requests.push(calls)
      return refuse()
    },
    get: refuse,
    wait: refuse,
    cancel: refuse,
  }
}

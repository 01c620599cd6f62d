import { type Call, DispatchError } from '@dispatch/protocol'

/** Requests under way beyond which calls wait for each other: a scheduler commits one group while it receives the next. */
const REQUESTS_MAX = 2

/** Calls of one request. A bigger request of somebody's own goes alone. */
const CALLS_MAX = 500

/** Bytes of inputs in one request: a quarter of the largest body. */
const BYTES_MAX = 4_000_000

/** Calls that somebody wants recorded, all or none. */
interface Member {
  readonly calls: readonly Call[]
  readonly bytes: number
  readonly resolve: (ids: string[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Sends calls to a scheduler, and lets those that come while {@link REQUESTS_MAX} requests are under way share the next
 * one: a round trip, a commit and an authentication for many.
 *
 * A request is recorded all or none, so one that is refused for a call that is wrong is sent again, each member by itself:
 * nobody fails for another's mistake. For that every call has an id already. What waits here is bounded by
 * unacknowledged.ts.
 */
export function createDispatchGroup(
  send: (calls: readonly Call[]) => Promise<string[]>,
): (calls: readonly Call[]) => Promise<string[]> {
  const waiting: Member[] = []
  let requests = 0

  const pump = (): void => {
    while (requests < REQUESTS_MAX && waiting.length > 0) {
      requests += 1
      void sendTogether(takeMembers(waiting)).finally(() => {
        requests -= 1
        pump()
      })
    }
  }

  const sendAlone = async (member: Member): Promise<void> => {
    try {
      member.resolve(await send(member.calls))
    } catch (error) {
      member.reject(error)
    }
  }

  const sendTogether = async (members: readonly Member[]): Promise<void> => {
    const [first] = members
    if (first === undefined) return
    if (members.length === 1) return await sendAlone(first)
    try {
      const ids = (await send(members.flatMap(({ calls }) => calls))).values()
      for (const { calls, resolve } of members) resolve(calls.map(() => ids.next().value as string))
    } catch (error) {
      if (isRefusal(error)) await Promise.all(members.map(sendAlone))
      else for (const { reject } of members) reject(error)
    }
  }

  return (calls) =>
    new Promise((resolve, reject) => {
      const bytes = calls.reduce((sum, { input }) => sum + (input?.value.byteLength ?? 0), 0)
      waiting.push({ calls, bytes, resolve, reject })
      pump()
    })
}

/** The oldest members, as many as fit into one request; at least one. */
function takeMembers(waiting: Member[]): Member[] {
  let calls = 0
  let bytes = 0
  const end = waiting.findIndex((member, index) => {
    calls += member.calls.length
    bytes += member.bytes
    return index > 0 && (calls > CALLS_MAX || bytes > BYTES_MAX)
  })
  return waiting.splice(0, end < 0 ? waiting.length : end)
}

/** Whether something is wrong with one of the calls. One that is full says so to all: asking for each would fill it more. */
function isRefusal(error: unknown): boolean {
  return error instanceof DispatchError && error.status === 'invalid_argument'
}

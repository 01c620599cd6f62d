import { setImmediate } from 'node:timers'
import { DispatchError, type FailureStatus } from '@dispatch/protocol'
import type { Call } from '@dispatch/protocol/messages'

/** Requests under way beyond which calls wait for each other: a scheduler commits one group while it receives the next. */
const REQUESTS_MAX = 2

/** Calls of one request. A bigger request of somebody's own goes alone. */
const CALLS_MAX = 500

/** Bytes of inputs in one request: a quarter of the largest body. */
const BYTES_MAX = 4_000_000

/** Longest time for which a call waits for room at a scheduler that is full: somebody waits for the answer. Milliseconds. */
const PATIENCE_MS = 15_000

/** Pause before a scheduler is asked again that is full and does not say for how long. Milliseconds. */
const PAUSE_MS_DEFAULT = 1_000

/** Calls that somebody wants recorded, all or none. */
interface Member {
  readonly calls: readonly Call[]
  readonly bytes: number
  readonly untilMs: number
  readonly resolve: (ids: string[]) => void
  readonly reject: (error: unknown) => void
}

export interface DispatchGroupOptions {
  /** One request. Rejects at once when the scheduler is full. */
  readonly send: (calls: readonly Call[]) => Promise<string[]>
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<unknown>
}

/**
 * Sends calls to a scheduler. Those that come in one turn of the event loop, or while {@link REQUESTS_MAX} requests are
 * under way, share a request: a round trip, a commit and an authentication for many.
 *
 * A request is recorded all or none, so nobody must fail for another's mistake or size. One that is refused for a call
 * that is wrong is sent again, each member by itself; for that every call has an id already. When there is no room for
 * one, the next ones are half as large, down to a member alone; when there is none for that either, nothing is sent
 * for as long as the scheduler says, and who cannot wait so long is told. What succeeds doubles what goes next. What
 * waits here is bounded by unacknowledged.ts.
 */
export function createDispatchGroup(
  options: DispatchGroupOptions,
): (calls: readonly Call[]) => Promise<string[]> {
  const group = new DispatchGroup(options)
  return (calls) => group.dispatch(calls)
}

class DispatchGroup {
  readonly #options: DispatchGroupOptions
  #waiting: Member[] = []
  #requests = 0
  #isPumping = false
  /** Calls of the next request. */
  #callsMax = CALLS_MAX
  #isPaused = false

  constructor(options: DispatchGroupOptions) {
    this.#options = options
  }

  dispatch(calls: readonly Call[]): Promise<string[]> {
    return new Promise((resolve, reject) => {
      const bytes = calls.reduce((sum, { input }) => sum + (input?.value.byteLength ?? 0), 0)
      const untilMs = this.#options.nowMs() + PATIENCE_MS
      this.#waiting.push({ calls, bytes, untilMs, resolve, reject })
      this.#pumpSoon()
    })
  }

  /** What is dispatched in one turn of the event loop goes together, the first of it, too. */
  #pumpSoon(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    setImmediate(() => {
      this.#isPumping = false
      this.#pump()
    })
  }

  #pump(): void {
    while (!this.#isPaused && this.#requests < REQUESTS_MAX && this.#waiting.length > 0) {
      this.#requests += 1
      void this.#send(takeMembers(this.#waiting, this.#callsMax)).finally(() => {
        this.#requests -= 1
        this.#pump()
      })
    }
  }

  async #send(members: readonly Member[]): Promise<void> {
    try {
      const ids = (await this.#options.send(members.flatMap(({ calls }) => calls))).values()
      this.#callsMax = Math.min(CALLS_MAX, 2 * this.#callsMax)
      for (const { calls, resolve } of members) resolve(calls.map(() => ids.next().value as string))
    } catch (error) {
      if (hasStatus(error, 'throttled')) this.#makeSmaller(members, error)
      else if (members.length > 1 && hasStatus(error, 'invalid_argument')) {
        await Promise.all(members.map((member) => this.#send([member])))
      } else for (const { reject } of members) reject(error)
    }
  }

  #makeSmaller(members: readonly Member[], error: DispatchError): void {
    this.#waiting.unshift(...members)
    if (members.length > 1) {
      const count = members.reduce((sum, { calls }) => sum + calls.length, 0)
      this.#callsMax = Math.min(this.#callsMax, Math.ceil(count / 2))
      return
    }
    if (this.#isPaused) return
    const { nowMs, sleep } = this.#options
    const pauseMs = error.retryAfterMs ?? PAUSE_MS_DEFAULT
    const endsAtMs = nowMs() + pauseMs
    const isPatient = ({ untilMs }: Member): boolean => endsAtMs <= untilMs
    for (const { reject } of this.#waiting.filter((member) => !isPatient(member))) reject(error)
    this.#waiting = this.#waiting.filter(isPatient)
    if (this.#waiting.length === 0) return
    this.#isPaused = true
    void sleep(pauseMs).then(() => {
      this.#isPaused = false
      this.#pump()
    })
  }
}

/** The oldest members, as many as fit into one request; at least one. */
function takeMembers(waiting: Member[], callsMax: number): Member[] {
  let calls = 0
  let bytes = 0
  const end = waiting.findIndex((member, index) => {
    calls += member.calls.length
    bytes += member.bytes
    return index > 0 && (calls > callsMax || bytes > BYTES_MAX)
  })
  return waiting.splice(0, end < 0 ? waiting.length : end)
}

function hasStatus(error: unknown, status: FailureStatus): error is DispatchError {
  return error instanceof DispatchError && error.status === status
}

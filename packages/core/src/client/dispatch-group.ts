import { DispatchError, type FailureStatus, inOwnContext } from '@dispatch/protocol'
import type { Call } from '@dispatch/protocol/messages'
import { setImmediate } from '@dispatch/protocol/time'

/** Requests under way beyond which calls wait for each other: a scheduler commits one group while it receives the next. */
const REQUESTS_MAX = 2

/** Calls of one request. A dispatch of more calls is a request of its own. */
const CALLS_MAX = 500

/** Bytes of inputs in one request: a quarter of the largest body. */
const BYTES_MAX = 4_000_000

/** Longest time for which a dispatch waits for capacity at a full scheduler: its caller waits, too. Milliseconds. */
const WAIT_FOR_CAPACITY_MS_MAX = 15_000

/** Pause before the next request to a full scheduler that sent no `Retry-After`. Milliseconds. */
const PAUSE_MS_DEFAULT = 1_000

/** Calls to record, all or none. */
interface PendingDispatch {
  readonly calls: readonly Call[]
  readonly bytes: number
  /** Rejected when it would have to wait for capacity for longer. */
  readonly untilMs: number
  readonly resolve: (ids: string[]) => void
  readonly reject: (error: unknown) => void
}

export interface DispatchGroupOptions {
  /** Makes one request. Rejects, without repeating it, when the scheduler is full. */
  readonly send: (calls: readonly Call[]) => Promise<string[]>
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<unknown>
}

/**
 * Sends calls to a scheduler. Dispatches of one turn of the event loop, or while {@link REQUESTS_MAX} requests are under
 * way, share a request: one round trip, commit and authentication for many.
 *
 * A request is recorded all or none, so a dispatch must not fail for the mistake or size of another. When a request is
 * refused because of a malformed call, each dispatch is sent again in a request of its own; that is safe because each call
 * has an id. When the scheduler has no capacity for a request, the next requests are half as large, down to a single
 * dispatch; when it has none for that either, nothing is sent for the time that the scheduler asks for, and dispatches that
 * may not wait so long are rejected. Each success doubles the size of the next request. How much may wait here is bounded in
 * unacknowledged.ts.
 */
export function createDispatchGroup(
  options: DispatchGroupOptions,
): (calls: readonly Call[]) => Promise<string[]> {
  const group = new DispatchGroup(options)
  return (calls) => group.dispatch(calls)
}

class DispatchGroup {
  readonly #options: DispatchGroupOptions
  #waiting: PendingDispatch[] = []
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
      const untilMs = this.#options.nowMs() + WAIT_FOR_CAPACITY_MS_MAX
      this.#waiting.push({ calls, bytes, untilMs, resolve, reject })
      this.#pumpSoon()
    })
  }

  /** After this turn of the event loop, so that all its dispatches, the first included, share a request. */
  #pumpSoon(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    inOwnContext(() =>
      setImmediate(() => {
        this.#isPumping = false
        this.#pump()
      }),
    )
  }

  #pump(): void {
    while (!this.#isPaused && this.#requests < REQUESTS_MAX && this.#waiting.length > 0) {
      this.#requests += 1
      void this.#send(takeOldest(this.#waiting, this.#callsMax)).finally(() => {
        this.#requests -= 1
        this.#pump()
      })
    }
  }

  async #send(dispatches: readonly PendingDispatch[]): Promise<void> {
    try {
      const ids = (await this.#options.send(dispatches.flatMap(({ calls }) => calls))).values()
      this.#callsMax = Math.min(CALLS_MAX, 2 * this.#callsMax)
      for (const { calls, resolve } of dispatches) resolve(calls.map(() => ids.next().value as string))
    } catch (error) {
      if (hasStatus(error, 'throttled')) this.#makeSmaller(dispatches, error)
      else if (dispatches.length > 1 && hasStatus(error, 'invalid_argument')) {
        await Promise.all(dispatches.map((dispatch) => this.#send([dispatch])))
      } else for (const { reject } of dispatches) reject(error)
    }
  }

  #makeSmaller(dispatches: readonly PendingDispatch[], error: DispatchError): void {
    this.#waiting.unshift(...dispatches)
    if (dispatches.length > 1) {
      const count = dispatches.reduce((sum, { calls }) => sum + calls.length, 0)
      this.#callsMax = Math.min(this.#callsMax, Math.ceil(count / 2))
      return
    }
    if (!this.#isPaused) this.#pause(error)
  }

  #pause(error: DispatchError): void {
    const { nowMs, sleep } = this.#options
    const pauseMs = error.retryAfterMs ?? PAUSE_MS_DEFAULT
    const endsAtMs = nowMs() + pauseMs
    const mayWait = ({ untilMs }: PendingDispatch): boolean => endsAtMs <= untilMs
    for (const { reject } of this.#waiting.filter((dispatch) => !mayWait(dispatch))) reject(error)
    this.#waiting = this.#waiting.filter(mayWait)
    if (this.#waiting.length === 0) return
    this.#isPaused = true
    void sleep(pauseMs).then(() => {
      this.#isPaused = false
      this.#pump()
    })
  }
}

/** Removes the oldest dispatches, as many as fit into one request; at least one. */
function takeOldest(waiting: PendingDispatch[], callsMax: number): PendingDispatch[] {
  let calls = 0
  let bytes = 0
  const end = waiting.findIndex((dispatch, index) => {
    calls += dispatch.calls.length
    bytes += dispatch.bytes
    return index > 0 && (calls > callsMax || bytes > BYTES_MAX)
  })
  return waiting.splice(0, end < 0 ? waiting.length : end)
}

function hasStatus(error: unknown, status: FailureStatus): error is DispatchError {
  return error instanceof DispatchError && error.status === status
}

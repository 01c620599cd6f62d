import type { Coroutine } from './life/coroutine.js'

/** A coroutine in this process's memory, and what it takes to suspend it. */
export interface WarmCoroutine {
  readonly coroutine: Coroutine
  /** Names this copy among all copies in all processes; drawn when it is first suspended. See {@link tokenText}. */
  token: string | undefined
  /** Runs it has had. */
  runs: number
  /** The encoded journal; `undefined` when the scheduler keeps it. */
  journal: Uint8Array | undefined
  idleSinceMs: number
  /** The copy that was in memory and that this one was rebuilt beside, to be compared with. */
  original?: Coroutine | undefined
}

/**
 * The suspended coroutines in memory, by dispatch id, bounded in number and in idle time. One that goes is only
 * rebuilt when it is wanted again.
 */
export class WarmCoroutines {
  /** In the order in which they became idle. */
  readonly #idle = new Map<string, WarmCoroutine>()
  readonly #countMax: number
  readonly #idleMsMax: number

  constructor(countMax: number, idleMsMax: number) {
    this.#countMax = countMax
    this.#idleMsMax = idleMsMax
  }

  get size(): number {
    return this.#idle.size
  }

  /** Takes out the copy that was suspended in the given state, if it is there. */
  take(
    dispatchId: string,
    state: { readonly token: Uint8Array; readonly runs: number },
  ): WarmCoroutine | undefined {
    const warm = this.#idle.get(dispatchId)
    if (
      warm === undefined ||
      warm.runs !== state.runs ||
      warm.token === undefined ||
      !isEqual(warm.token, state.token)
    )
      return undefined
    this.#idle.delete(dispatchId)
    return warm
  }

  /** Keeps a suspended coroutine, instead of any other copy. */
  keep(warm: WarmCoroutine, nowMs: number): void {
    this.drop(warm.coroutine.dispatchId)
    warm.idleSinceMs = nowMs
    this.#idle.set(warm.coroutine.dispatchId, warm)
    this.sweep(nowMs)
  }

  drop(dispatchId: string): void {
    this.#idle.get(dispatchId)?.coroutine.discard()
    this.#idle.delete(dispatchId)
  }

  /** Drops what is too much or was idle too long. There is no timer: whatever runs here sweeps. */
  sweep(nowMs: number): void {
    for (const [dispatchId, { idleSinceMs }] of this.#idle) {
      if (this.#idle.size <= this.#countMax && nowMs - idleSinceMs <= this.#idleMsMax) return
      this.drop(dispatchId)
    }
  }

  /** Drops all, and aborts the signals of their handlers. */
  clear(reason: unknown): void {
    for (const [dispatchId, { coroutine }] of this.#idle) {
      coroutine.interrupt(reason)
      this.drop(dispatchId)
    }
  }
}

function isEqual(token: string, bytes: Uint8Array): boolean {
  return token === tokenText(bytes)
}

/** A token as it is kept: a text of 24 bytes, where an array of its own takes 250. */
export function tokenText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** A token as a state carries it. */
export function tokenBytes(token: string): Uint8Array {
  return Buffer.from(token, 'latin1')
}

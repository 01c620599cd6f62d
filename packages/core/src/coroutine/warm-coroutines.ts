import { createEndOfCall, type DispatchError } from '@dispatch/protocol'
import { clearTimeout, setTimeout } from '@dispatch/protocol/time'
import { TIMER_MS_MAX } from './handler/interruptions.js'
import type { Coroutine } from './life/coroutine.js'

/** Suspended coroutines in memory: at about 2 KB each, 20 MB. */
const WARM_COROUTINES_MAX = 10_000

/** Longest idle time of a suspended coroutine in memory. Most awaited calls end sooner. 10 minutes. */
const WARM_IDLE_MS_MAX = 600_000

/** A coroutine in the memory of this process, and what is needed to suspend it. */
export interface WarmCoroutine {
  readonly coroutine: Coroutine
  /** Identifies this copy among all copies in all processes; drawn when it is first suspended. See {@link tokenToString}. */
  token: string | undefined
  /** Number of runs it has had. */
  runs: number
  /** The encoded journal; `undefined` when the scheduler keeps it. */
  journal: Uint8Array | undefined
  idleSinceMs: number
  /** While it is idle and its call expires. Does not keep the process alive. */
  expiry?: NodeJS.Timeout | undefined
}

export interface WarmCoroutinesOptions {
  /** Most suspended coroutines in memory; 10,000. */
  readonly warmCoroutinesMax?: number
  /** Longest idle time of a suspended coroutine in memory; 10 minutes. */
  readonly warmIdleMsMax?: number
}

/**
 * The suspended coroutines in memory, by dispatch id, bounded in number and in idle time. One that is dropped is rebuilt
 * when its call is resumed.
 */
export class WarmCoroutines {
  /** In the order in which they became idle. */
  readonly #idle = new Map<string, WarmCoroutine>()
  readonly #countMax: number
  readonly #idleMsMax: number

  constructor({
    warmCoroutinesMax = WARM_COROUTINES_MAX,
    warmIdleMsMax = WARM_IDLE_MS_MAX,
  }: WarmCoroutinesOptions) {
    this.#countMax = warmCoroutinesMax
    this.#idleMsMax = warmIdleMsMax
  }

  get size(): number {
    return this.#idle.size
  }

  /** Removes and returns the copy that was suspended in the given state, if it is in memory. */
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
    this.#remove(warm)
    return warm
  }

  /** Keeps a suspended coroutine in place of any other copy. @param expiresAtMs - When its call expires. */
  keep(warm: WarmCoroutine, nowMs: number, expiresAtMs?: number): void {
    this.drop(warm.coroutine.dispatchId)
    warm.idleSinceMs = nowMs
    this.#idle.set(warm.coroutine.dispatchId, warm)
    if (expiresAtMs !== undefined) this.#expireIn(warm, expiresAtMs - nowMs)
    this.sweep(nowMs)
  }

  drop(dispatchId: string): void {
    const warm = this.#idle.get(dispatchId)
    if (warm === undefined) return
    this.#remove(warm)
    warm.coroutine.conclude({ kind: 'discarded' })
  }

  /** Drops a coroutine whose call has ended. Its handler continues with the reason, so that it can release what it holds. */
  endCall(dispatchId: string, reason: DispatchError): void {
    const warm = this.#idle.get(dispatchId)
    if (warm === undefined) return
    this.#remove(warm)
    warm.coroutine.interrupt(reason)
  }

  /** Drops coroutines above the bounds. There is no timer: every run calls this. */
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

  #remove(warm: WarmCoroutine): void {
    this.#idle.delete(warm.coroutine.dispatchId)
    clearTimeout(warm.expiry)
    warm.expiry = undefined
  }

  #expireIn(warm: WarmCoroutine, delayMs: number): void {
    if (delayMs > TIMER_MS_MAX) return
    const expire = () => this.endCall(warm.coroutine.dispatchId, createEndOfCall('expired'))
    warm.expiry = setTimeout(expire, Math.max(0, delayMs)).unref()
  }
}

function isEqual(token: string, bytes: Uint8Array): boolean {
  return token === tokenToString(bytes)
}

/** A token as it is kept in memory: a string takes 24 bytes, an array of its own 250. */
export function tokenToString(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** A token as a state carries it. */
export function tokenToBytes(token: string): Uint8Array {
  return Buffer.from(token, 'latin1')
}

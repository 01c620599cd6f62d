/** Which payload of a call. */
export type PayloadKind = 'input' | 'state' | 'result'

/** Approximate memory of an entry beside its bytes: the key, the slot of the map and the object of the array. */
const ENTRY_BYTES = 300

/**
 * Payloads that will probably be read soon, so that running a call that was just recorded, or resuming a parent after a child
 * that just ended, reads nothing from the store. Bounded; evicting is always safe.
 */
export class PayloadCache {
  readonly #bytesMax: number
  readonly #entries: Record<PayloadKind, Map<string, Uint8Array>> = {
    input: new Map(),
    state: new Map(),
    result: new Map(),
  }
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get(kind: PayloadKind, id: string): Uint8Array | undefined {
    return this.#entries[kind].get(id)
  }

  set(kind: PayloadKind, id: string, payload: Uint8Array): void {
    if (this.#entries[kind].has(id)) this.delete(kind, id)
    this.#entries[kind].set(id, payload)
    this.#bytes += ENTRY_BYTES + payload.byteLength
    if (this.#bytes > this.#bytesMax) this.#shrink()
  }

  delete(kind: PayloadKind, id: string): void {
    const entries = this.#entries[kind]
    const payload = entries.get(id)
    if (payload === undefined) return
    entries.delete(id)
    this.#bytes -= ENTRY_BYTES + payload.byteLength
  }

  /** Evicts the oldest of each kind until a tenth of the capacity is free, so that this happens rarely. */
  #shrink(): void {
    for (const kind of ['result', 'state', 'input'] as const) {
      for (const [id] of this.#entries[kind]) {
        if (this.#bytes <= this.#bytesMax * 0.9) return
        this.delete(kind, id)
      }
    }
  }
}

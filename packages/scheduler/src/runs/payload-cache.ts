/** What of a call is kept. */
export type PayloadKind = 'input' | 'state' | 'result'

/** About what an entry costs beside its bytes: the key, the map's slot and the array's own object. */
const ENTRY_BYTES = 300

/**
 * Payloads that will probably be wanted soon, so that running a call just recorded, or telling a parent of a child
 * just done, reads nothing from the store. Bounded; forgetting is always safe.
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

  /** Forgets the oldest of each kind until a tenth of the room is free, so that this is done rarely. */
  #shrink(): void {
    for (const kind of ['result', 'state', 'input'] as const) {
      for (const [id] of this.#entries[kind]) {
        if (this.#bytes <= this.#bytesMax * 0.9) return
        this.delete(kind, id)
      }
    }
  }
}

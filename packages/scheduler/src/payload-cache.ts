/** What of a call is kept. */
export type PayloadKind = 'input' | 'state' | 'result'

/**
 * Payloads that will probably be wanted soon, so that running a call just recorded, or telling a parent of a child
 * just done, reads nothing from the store. Bounded; forgetting is always safe.
 */
export class PayloadCache {
  readonly #bytesMax: number
  readonly #entries = new Map<string, Uint8Array>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get(kind: PayloadKind, id: string): Uint8Array | undefined {
    return this.#entries.get(keyOf(kind, id))
  }

  set(kind: PayloadKind, id: string, payload: Uint8Array): void {
    const key = keyOf(kind, id)
    const previous = this.#entries.get(key)
    if (previous !== undefined) this.#bytes -= sizeOf(key, previous)
    this.#entries.set(key, payload)
    this.#bytes += sizeOf(key, payload)
    if (this.#bytes > this.#bytesMax) this.#shrink()
  }

  delete(kind: PayloadKind, id: string): void {
    const key = keyOf(kind, id)
    const payload = this.#entries.get(key)
    if (payload === undefined) return
    this.#entries.delete(key)
    this.#bytes -= sizeOf(key, payload)
  }

  /** Forgets the oldest until a tenth of the room is free, so that this is done rarely. */
  #shrink(): void {
    for (const [key, payload] of this.#entries) {
      if (this.#bytes <= this.#bytesMax * 0.9) return
      this.#entries.delete(key)
      this.#bytes -= sizeOf(key, payload)
    }
  }
}

function keyOf(kind: PayloadKind, id: string): string {
  return `${kind} ${id}`
}

/** With about 200 bytes for the key's and the array's own objects. */
function sizeOf(key: string, payload: Uint8Array): number {
  return payload.byteLength + key.length + 200
}

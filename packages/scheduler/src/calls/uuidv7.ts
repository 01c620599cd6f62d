/** Sources of time and randomness. */
export interface Uuidv7Sources {
  /** Epoch milliseconds. May go backwards; the order of the ids does not. */
  readonly nowMs: () => number
  /** Returns that many new random bytes. */
  readonly randomBytes: (size: number) => Uint8Array
}

/** Random bytes are fetched for this many ids together: one `randomBytes` per id would cost more than the id. */
const IDS_PER_FETCH = 256
const RANDOM_BYTES_PER_ID = 10
/** The 12 bits after the version are a counter. */
const COUNTER_MAX = 0xfff
/** In a new millisecond the counter starts in its lower half, which leaves at least 2,048 ids until it is used up. */
const COUNTER_SEED_MASK = 0x7ff

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * Creates a generator of UUIDs version 7 whose string order is the order in which they were made.
 *
 * Within a millisecond a counter is incremented (RFC 9562 section 6.2, method 1). When it is used up, or the clock goes
 * backwards, the time in the ids runs ahead of the clock. 62 bits of each id are random.
 */
export function createUuidv7({ nowMs, randomBytes }: Uuidv7Sources): () => string {
  let pool: Uint8Array = new Uint8Array(0)
  let offset = 0
  let lastMs = -1
  let counter = 0
  let timeText = ''

  return () => {
    if (offset + RANDOM_BYTES_PER_ID > pool.length) {
      pool = randomBytes(IDS_PER_FETCH * RANDOM_BYTES_PER_ID)
      offset = 0
    }
    const seed = ((byteAt(pool, offset) << 8) | byteAt(pool, offset + 1)) & COUNTER_SEED_MASK
    const now = Math.floor(nowMs())
    if (now > lastMs || counter === COUNTER_MAX) {
      lastMs = Math.max(now, lastMs + 1)
      counter = seed
      timeText = timeTextOf(lastMs)
    } else {
      counter++
    }
    const id = `${timeText}-7${HEX[counter >> 4]}${HEX[counter & 0xf]?.[1]}-${randomText(pool, offset + 2)}`
    offset += RANDOM_BYTES_PER_ID
    return id
  }
}

function timeTextOf(ms: number): string {
  const text = ms.toString(16).padStart(12, '0')
  return `${text.slice(0, 8)}-${text.slice(8)}`
}

/** Eight bytes as the last two groups; the first two bits are replaced by the variant. */
function randomText(bytes: Uint8Array, at: number): string {
  const hex = (index: number) => HEX[byteAt(bytes, at + index)]
  const variant = HEX[(byteAt(bytes, at) & 0x3f) | 0x80]
  return `${variant}${hex(1)}-${hex(2)}${hex(3)}${hex(4)}${hex(5)}${hex(6)}${hex(7)}`
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number
}

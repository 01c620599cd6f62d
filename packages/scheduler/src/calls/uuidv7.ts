/** What {@link createUuidv7} needs of the world. */
export interface Uuidv7Sources {
  /** Epoch milliseconds. May go backwards; the ids do not. */
  readonly nowMs: () => number
  /** That many random bytes, none of them used before. */
  readonly randomBytes: (size: number) => Uint8Array
}

/** Randomness is fetched for this many ids at once: one `randomBytes` per id would cost more than the id. */
const IDS_PER_FETCH = 256
const RANDOM_BYTES_PER_ID = 10
/** The 12 bits after the version are a counter. */
const COUNTER_MAX = 0xfff
/** A new millisecond starts somewhere in the lower half, which leaves at least 2,048 ids until it is used up. */
const COUNTER_SEED_MASK = 0x7ff

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * Makes a source of UUIDs of version 7 that sort, as strings, in the order in which they were made.
 *
 * Within a millisecond a counter goes up (RFC 9562 section 6.2, method 1); when it is used up, or the clock goes
 * backwards, the time inside the ids runs ahead of the clock instead. 62 bits of each id are random.
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

/** Eight bytes as the last two groups, the first two bits replaced by the variant. */
function randomText(bytes: Uint8Array, at: number): string {
  const hex = (index: number) => HEX[byteAt(bytes, at + index)]
  const variant = HEX[(byteAt(bytes, at) & 0x3f) | 0x80]
  return `${variant}${hex(1)}-${hex(2)}${hex(3)}${hex(4)}${hex(5)}${hex(6)}${hex(7)}`
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number
}

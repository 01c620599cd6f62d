import { systemNowMs } from '@dispatch/protocol/time'
import { createRandomBytes } from './random-bytes.js'

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const RANDOM_BYTES = 10

/**
 * Makes a source of UUIDv7 strings, each greater than the one before, even within one millisecond and when the
 * clock is set back: the 12 bits after the time are a counter (RFC 9562, section 6.2, method 1).
 *
 * @param nowMs - The clock, epoch milliseconds.
 * @param randomBytes - Returns `count` random bytes.
 */
export function createUuidv7Source(
  nowMs: () => number = systemNowMs,
  randomBytes: (count: number) => Uint8Array = createRandomBytes(),
): () => string {
  let lastMs = -1
  let counter = 0
  return () => {
    const random = randomBytes(RANDOM_BYTES)
    const currentMs = Math.floor(nowMs())
    if (currentMs > lastMs) {
      lastMs = currentMs
      // The top bit stays clear, so that at least 2048 more fit into the millisecond.
      counter = (((random[8] as number) << 8) | (random[9] as number)) & 0x7ff
    } else if (++counter > 0xfff) {
      lastMs += 1
      counter = 0
    }
    return formatUuid(lastMs, counter, random)
  }
}

function formatUuid(ms: number, counter: number, random: Uint8Array): string {
  const high = Math.floor(ms / 0x1_0000)
  const hex = (byte: number) => HEX[byte & 0xff] as string
  const at = (index: number) => hex(random[index] as number)
  const time = `${hex(high >>> 24)}${hex(high >>> 16)}${hex(high >>> 8)}${hex(high)}-${hex(ms >>> 8)}${hex(ms)}`
  const variant = hex(0x80 | ((random[0] as number) & 0x3f))
  return `${time}-${hex(0x70 | (counter >>> 8))}${hex(counter)}-${variant}${at(1)}-${at(2)}${at(3)}${at(4)}${at(5)}${at(6)}${at(7)}`
}

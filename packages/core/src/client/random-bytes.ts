import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 4096

/**
 * Makes a source of random bytes that reads from the system in blocks: each read costs microseconds.
 *
 * @param fill - Fills an array with random bytes.
 * @returns A function that returns a new array of `count` random bytes, at most 4096.
 */
export function createRandomBytes(
  fill: (bytes: Uint8Array) => void = randomFillSync,
): (count: number) => Uint8Array {
  const pool = new Uint8Array(POOL_BYTES)
  let offset = POOL_BYTES
  return (count) => {
    if (offset + count > POOL_BYTES) {
      fill(pool)
      offset = 0
    }
    offset += count
    return pool.slice(offset - count, offset)
  }
}

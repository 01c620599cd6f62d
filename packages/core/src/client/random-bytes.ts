import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 4096

/**
 * Makes a source of random bytes that asks the system for many at a time: each single question costs microseconds.
 *
 * @param fill - Overwrites the bytes it is given with random ones.
 * @returns A function that gives `count` bytes of the caller's own, at most 4096.
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

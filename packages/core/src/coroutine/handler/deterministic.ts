import { createHash } from 'node:crypto'

/** Random numbers that are the same whenever a handler runs again. Good enough for ids, not for secrets. */
export interface DeterministicRandom {
  /** In [0, 1), with 32 random bits. */
  random(): number
  /** Shaped like a version 4 UUID (RFC 9562 section 5.4). */
  uuid(): string
}

/** Creates the random numbers of a seed. */
export function createDeterministicRandom(seed: string): DeterministicRandom {
  const next = createSfc32(createHash('sha256').update(seed).digest())
  return {
    random: () => next() / 0x1_0000_0000,
    uuid() {
      const bytes = Buffer.alloc(16)
      for (let offset = 0; offset < 16; offset += 4) bytes.writeUInt32BE(next(), offset)
      bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
      bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
      const hex = bytes.toString('hex')
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
    },
  }
}

/** Chris Doty-Humphrey's sfc32: 128 bits of state, unsigned 32-bit numbers. */
function createSfc32(seed: Buffer): () => number {
  let a = seed.readInt32LE(0)
  let b = seed.readInt32LE(4)
  let c = seed.readInt32LE(8)
  let counter = seed.readInt32LE(12)
  return () => {
    const result = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + result) | 0
    return result >>> 0
  }
}

import { createHash, timingSafeEqual } from 'node:crypto'
import { parseByteSequences } from './byte-sequences.js'

/** The `Content-Digest` of a body (RFC 9530) as all our peers make it: SHA-512 and nothing else. */
export function contentDigestOf(body: Uint8Array): string {
  return `sha-512=:${createHash('sha512').update(body).digest('base64')}:`
}

/** A digest that a `Content-Digest` header field promises. */
export interface ContentDigest {
  readonly algorithm: 'sha256' | 'sha512'
  readonly value: Uint8Array
}

/**
 * The digests in a `Content-Digest` header field that we can check: SHA-256 and SHA-512. `undefined` when it cannot be
 * parsed; empty when it has none of these. Never throws.
 */
export function parseContentDigest(header: string): ContentDigest[] | undefined {
  const members = parseByteSequences(header)
  if (members === undefined) return undefined
  const digests: ContentDigest[] = []
  for (const [name, algorithm] of ALGORITHMS) {
    if (!members.has(name)) continue
    const value = members.get(name)
    if (value === undefined) return undefined
    digests.push({ algorithm, value })
  }
  return digests
}

/** Whether every digest is the one of the body. Takes the same time wherever they differ. */
export function matchesDigests(body: Uint8Array, digests: readonly ContentDigest[]): boolean {
  return digests.every(({ algorithm, value }) => {
    const actual = createHash(algorithm).update(body).digest()
    return actual.length === value.length && timingSafeEqual(actual, value)
  })
}

/** Names of RFC 9530 section 5 and of `node:crypto`. The others of that list are insecure. */
const ALGORITHMS = [
  ['sha-256', 'sha256'],
  ['sha-512', 'sha512'],
] as const

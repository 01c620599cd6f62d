/** The components that a signature must cover, in the order in which ours covers them. */
export const REQUIRED_COMPONENTS = [
  '@method',
  '@path',
  '@authority',
  'content-type',
  'content-digest',
] as const

/** The only key id. With several keys, each is tried. */
export const KEY_ID = 'default'

/** The only algorithm. */
export const ALGORITHM = 'ed25519'

/** The part of a request that a signature may cover beside its header fields. */
export interface SignedTarget {
  readonly method: string
  /** As sent. A query is cut off; nothing reads as `/`. */
  readonly path: string
  /** Host and port, as the `Host` header field has them. */
  readonly authority: string
}

/** Value of a derived component (RFC 9421 section 2.2), or `undefined` when it is not supported. */
export function derivedComponentOf(target: SignedTarget, name: string): string | undefined {
  if (name === '@method') return target.method.toUpperCase()
  if (name === '@path') return target.path.split('?', 1)[0] || '/'
  if (name === '@authority') return target.authority.trim().toLowerCase()
  return undefined
}

/**
 * The bytes that are signed: RFC 9421 section 2.5.
 *
 * @param parameters - The inner list of components with its parameters, serialised as in `Signature-Input`.
 */
export function signatureBase(
  components: readonly (readonly [string, string])[],
  parameters: string,
): Buffer {
  const lines = components.map(([name, value]) => `"${name}": ${value}\n`).join('')
  // Header fields are bytes that Node.js reads and writes as latin1.
  return Buffer.from(`${lines}"@signature-params": ${parameters}`, 'latin1')
}

import { createPrivateKey, createPublicKey, generateKeyPairSync, KeyObject } from 'node:crypto'

/** A key as an option or an environment variable gives it, or one that was parsed already. */
export type KeyInput = string | KeyObject

/**
 * The public keys that requests are verified with. Each is PEM (`-----BEGIN PUBLIC KEY-----`, in which a literal `\n`
 * stands for a line break) or base64 of the 32 bytes of an Ed25519 public key. A text may hold several, separated
 * by commas: while keys are rotated, a signature by any of them is good.
 *
 * @param source - Where the keys come from, for the message: `option verificationKey`, `DISPATCH_VERIFICATION_KEY`.
 * @throws {TypeError} Naming the source, when there is no key or a key does not have this form (conformance case S22).
 */
export function parseVerificationKeys(input: KeyInput | readonly KeyInput[], source: string): KeyObject[] {
  const inputs = typeof input === 'string' || input instanceof KeyObject ? [input] : input
  const keys = inputs.flatMap((one) =>
    typeof one === 'string'
      ? textsOf(one).map((text) => publicKeyOf(text, source))
      : [assertEd25519(one, 'public', source)],
  )
  if (keys.length === 0) throw new TypeError(`${source}: expected ${PUBLIC_FORMS}, got nothing`)
  return keys
}

/**
 * The private key that requests are signed with: PKCS#8 PEM (`-----BEGIN PRIVATE KEY-----`), base64 of the 32-byte
 * seed, or base64 of the seed followed by the public key (64 bytes, as Go writes it).
 *
 * @param source - As for {@link parseVerificationKeys}. The message never repeats the key.
 * @throws {TypeError} Naming the source, when the key is not of this form.
 */
export function parseSigningKey(input: KeyInput, source: string): KeyObject {
  if (input instanceof KeyObject) return assertEd25519(input, 'private', source)
  // Of plain JavaScript.
  if (typeof input !== 'string')
    throw new TypeError(`${source}: expected ${PRIVATE_FORMS}, got something else`)
  const text = input.replaceAll('\\n', '\n').trim()
  if (text.includes('-----BEGIN')) {
    return assertEd25519(
      attempt(() => createPrivateKey(text)),
      'private',
      source,
    )
  }
  const bytes = base64Of(text)
  if (bytes?.length !== 32 && bytes?.length !== 64) {
    throw new TypeError(`${source}: expected ${PRIVATE_FORMS}, got something else`)
  }
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, bytes.subarray(0, 32)]),
    format: 'der',
    type: 'pkcs8',
  })
  if (bytes.length === 64 && !rawPublicKeyOf(key).equals(bytes.subarray(32))) {
    throw new TypeError(`${source}: the second half of the 64 bytes is not the public key of the first`)
  }
  return key
}

export interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

/** A new Ed25519 key pair. */
export function generateKeyPair(): KeyPair {
  return generateKeyPairSync('ed25519')
}

/** The public key, or the public half of a private key, as {@link parseVerificationKeys} reads it: base64, 32 bytes. */
export function formatVerificationKey(key: KeyObject): string {
  return rawPublicKeyOf(key).toString('base64')
}

/** The private key as {@link parseSigningKey} reads it: base64 of 64 bytes, so it is not mistaken for a public key. */
export function formatSigningKey(privateKey: KeyObject): string {
  const { d } = privateKey.export({ format: 'jwk' })
  return Buffer.concat([Buffer.from(d ?? '', 'base64url'), rawPublicKeyOf(privateKey)]).toString('base64')
}

const PUBLIC_FORMS = 'an Ed25519 public key as PEM (BEGIN PUBLIC KEY) or base64 of 32 bytes'
const PRIVATE_FORMS = 'an Ed25519 private key as PEM (BEGIN PRIVATE KEY) or base64 of 32 or 64 bytes'

/** RFC 8410 section 7: what stands before the seed in the PKCS#8 form of every Ed25519 key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Neither PEM nor base64 has commas. */
function textsOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.replaceAll('\\n', '\n').trim())
    .filter((part) => part !== '')
}

function publicKeyOf(text: string, source: string): KeyObject {
  // createPublicKey would derive the public key from a private one: someone has put a secret into the wrong place.
  if (text.includes('PRIVATE KEY')) {
    throw new TypeError(`${source}: this is a private key; expected ${PUBLIC_FORMS}`)
  }
  if (text.includes('-----BEGIN')) {
    return assertEd25519(
      attempt(() => createPublicKey(text)),
      'public',
      source,
    )
  }
  const bytes = base64Of(text)
  if (bytes?.length !== 32) throw new TypeError(`${source}: expected ${PUBLIC_FORMS}, got ${describe(text)}`)
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') },
    format: 'jwk',
  })
}

function assertEd25519(key: KeyObject | undefined, type: 'public' | 'private', source: string): KeyObject {
  const forms = type === 'public' ? PUBLIC_FORMS : PRIVATE_FORMS
  if (key === undefined)
    throw new TypeError(`${source}: expected ${forms}, got a PEM text that cannot be read`)
  if (key.type !== type || key.asymmetricKeyType !== 'ed25519') {
    throw new TypeError(
      `${source}: expected ${forms}, got a ${key.type} key of type ${key.asymmetricKeyType}`,
    )
  }
  return key
}

function attempt(parse: () => KeyObject): KeyObject | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}

/** Strict standard base64: Node.js itself skips what it cannot read. */
function base64Of(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined
}

function rawPublicKeyOf(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
}

/** A long text may be a secret in the wrong place. */
function describe(text: string): string {
  return text.length <= 20 ? JSON.stringify(text) : `a text of ${text.length} characters`
}

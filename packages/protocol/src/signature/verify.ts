import { type KeyObject, verify } from 'node:crypto'
import { quote, shorten } from '../shorten.js'
import { headerOf, type UnaryHeaders } from '../unary.js'
import { derivedComponentOf, REQUIRED_COMPONENTS, type SignedTarget, signatureBase } from './base.js'
import { likelyTargets } from './diagnose.js'
import { matchesDigests, parseContentDigest } from './digest.js'
import { failed, type VerificationFailure } from './failure.js'
import { parseSignatures, type SignatureEntry } from './parse.js'
import { checkPolicy } from './policy.js'

/** What a verifier looks at. */
export interface VerifiableRequest extends SignedTarget {
  readonly headers: UnaryHeaders
  /** As sent: still compressed, if it is. */
  readonly body: Uint8Array
}

/**
 * Whether a request is signed by one of `keys`, over its method, path, authority, content type and body, within the
 * last five minutes. Answers `undefined` when it is, and what to refuse it with when it is not: 401 when there is no
 * usable signature, 403 when it is the wrong one. Never throws on account of the request.
 *
 * When the request has several signatures, one of them must satisfy all rules; the others, which a proxy may have
 * added, are ignored.
 *
 * Source: RFC 9421 section 3.2, RFC 9530, conformance cases S01 to S26.
 *
 * @param nowMs - Epoch milliseconds.
 * @throws {TypeError} When there are no keys.
 */
export function verifyRequest(
  request: VerifiableRequest,
  keys: readonly KeyObject[],
  nowMs: number,
): VerificationFailure | undefined {
  if (keys.length === 0) throw new TypeError('verifyRequest: wanted at least one key')
  const digestHeader = headerOf(request.headers, 'content-digest')
  const entries = parseSignatures(request.headers)
  if (!Array.isArray(entries)) return entries
  if (digestHeader === undefined) return failed(401, 'missing header field "content-digest"')
  const digests = parseContentDigest(digestHeader)
  if (digests === undefined) return failed(401, 'malformed header field "content-digest"')
  if (digests.length === 0)
    return failed(401, 'no digest by sha-256 or sha-512 in header field "content-digest"')

  const failures = entries.map((entry) =>
    'status' in entry ? entry : (checkPolicy(entry, nowMs) ?? checkSignature(request, entry, keys)),
  )
  if (failures.includes(undefined)) {
    // Last, because it costs most: only who holds the key can make us hash a large body.
    if (matchesDigests(request.body, digests)) return undefined
    return failed(403, 'digest of the request body does not match the Content-Digest header')
  }
  return mostTelling(failures as VerificationFailure[])
}

function checkSignature(
  request: VerifiableRequest,
  entry: SignatureEntry,
  keys: readonly KeyObject[],
): VerificationFailure | undefined {
  for (const authority of authoritiesOf(request.authority)) {
    const base = baseOf({ ...request, authority }, request.headers, entry)
    if (!Buffer.isBuffer(base)) return base
    if (keys.some((key) => verify(null, base, key, entry.signature))) return undefined
  }
  return failed(403, `invalid signature: ${reasonOf(request, entry, keys)}`)
}

/**
 * As it is, and with and without a default port: whether one was dropped depends on the scheme and on the signer, and
 * behind a proxy the endpoint knows neither.
 */
function authoritiesOf(authority: string): string[] {
  if (/:(80|443)$/.test(authority)) return [authority, authority.replace(/:\d+$/, '')]
  if (/:\d+$/.test(authority)) return [authority]
  return [authority, `${authority}:443`, `${authority}:80`]
}

function baseOf(
  target: SignedTarget,
  headers: UnaryHeaders,
  entry: SignatureEntry,
): Buffer | VerificationFailure {
  const components: [string, string][] = []
  for (const name of entry.components) {
    const value = name.startsWith('@') ? derivedComponentOf(target, name) : headerOf(headers, name)?.trim()
    if (value === undefined) return failed(403, `covered component ${quote(name)} is not in the request`)
    // A line break would let one component pass for two.
    if (/[\r\n]/.test(value)) return failed(401, `covered component ${quote(name)} has a line break`)
    components.push([name, value])
  }
  return signatureBase(components, entry.parametersText)
}

/** Names the component that differs, if a proxy left a hint; else everything that may. */
function reasonOf(request: VerifiableRequest, entry: SignatureEntry, keys: readonly KeyObject[]): string {
  for (const { component, value, target } of likelyTargets(request, request.headers)) {
    const base = baseOf(target, request.headers, entry)
    if (Buffer.isBuffer(base) && keys.some((key) => verify(null, base, key, entry.signature))) {
      const expected = shown(request, component)
      return (
        `signed for ${component} ${shorten(value, SHOWN_LENGTH_MAX)}, but this endpoint expects ${expected}; ` +
        'configure the public URL of the endpoint (endpointUrl or DISPATCH_ENDPOINT_URL), and in option authority ' +
        'the other hosts by which it is called'
      )
    }
  }
  const expected = REQUIRED_COMPONENTS.slice(0, 3).map((name) => shown(request, name))
  return (
    `this endpoint expects ${expected.join(', ')}; if it is called by another URL, configure that ` +
    '(endpointUrl or DISPATCH_ENDPOINT_URL; option authority for several hosts); if not, its verification key is ' +
    'not the one of the signer'
  )
}

/** Longest value of a component in a message, in UTF-16 units: longer than any real host or path of ours. */
const SHOWN_LENGTH_MAX = 200

function shown(target: SignedTarget, component: string): string {
  return `${component} ${shorten(derivedComponentOf(target, component) ?? '', SHOWN_LENGTH_MAX)}`
}

/** Of several failures, the one of the signature that came closest: a wrong one says more than one not meant for us. */
function mostTelling(failures: readonly VerificationFailure[]): VerificationFailure {
  return failures.reduce((best, failure) => (failure.status > best.status ? failure : best))
}

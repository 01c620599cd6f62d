import { type KeyObject, verify } from 'node:crypto'
import { headerOf, type UnaryHeaders } from '../connect/unary.js'
import { quote, shorten } from '../text/shorten.js'
import { derivedComponentOf, REQUIRED_COMPONENTS, type SignedTarget, signatureBase } from './base.js'
import { likelyTargets } from './diagnose.js'
import { matchesDigests, parseContentDigest } from './digest.js'
import { failed, type VerificationFailure } from './failure.js'
import { parseSignatures, type SignatureEntry } from './parse.js'
import { checkPolicy } from './policy.js'

/** The parts of a request that are verified. */
export interface VerifiableRequest extends SignedTarget {
  readonly headers: UnaryHeaders
  /** As sent: still compressed, if it is. */
  readonly body: Uint8Array
  /** Other targets that it may be signed for, the most likely first. */
  readonly alternatives?: readonly SignedTarget[] | undefined
}

/** Maximum number of signatures tried per request: one for each of two keys. Those of proxies fail earlier rules. */
const SIGNATURES_TRIED_MAX = 2

/** Verifications for one request, each a tenth of a millisecond. More only when there are more keys and targets. */
const VERIFICATIONS_MAX = 16

/**
 * Whether a request is signed by one of `keys`, over its method, path, authority, content type and body, within the
 * last five minutes. Returns `undefined` when it is, otherwise the refusal: 401 when there is no usable signature, 403
 * when it is wrong. Never throws because of the request.
 *
 * When the request has several signatures, one of them must satisfy all rules; others, for example from a proxy, are
 * ignored. Any client may send invalid signatures, so their cost is bounded.
 *
 * Source: RFC 9421 section 3.2, RFC 9530, conformance cases S01 to S26.
 *
 * @param nowMs - Epoch milliseconds.
 * @param mayExplain - Called when a signature is wrong: whether to spend time on finding the reason. Default: yes.
 * @throws {TypeError} When `keys` is empty.
 */
export function verifyRequest(
  request: VerifiableRequest,
  keys: readonly KeyObject[],
  nowMs: number,
  mayExplain: () => boolean = () => true,
): VerificationFailure | undefined {
  if (keys.length === 0) throw new TypeError('verifyRequest: expected at least one key')
  const { headers } = request
  const digestHeader = headerOf(headers, 'content-digest')
  const entries = parseSignatures(headers)
  if (!Array.isArray(entries)) return entries
  if (digestHeader === undefined) return failed(401, 'missing header field "content-digest"')
  const digests = parseContentDigest(digestHeader)
  if (digests === undefined) return failed(401, 'malformed header field "content-digest"')
  if (digests.length === 0)
    return failed(401, 'no digest by sha-256 or sha-512 in header field "content-digest"')

  const { usable, failures } = sorted(request, entries, nowMs)
  if (isSigned(headers, targetsOf(request), usable, keys)) {
    // Last, because it costs most: only the holder of a key can cause the hashing of a large body.
    if (matchesDigests(request.body, digests)) return undefined
    return failed(403, 'digest of the request body does not match the Content-Digest header')
  }
  if (usable.length === 0) return mostTelling(failures)
  const reason = (mayExplain() ? reasonOf(request, usable, keys) : undefined) ?? generalReasonOf(request)
  return failed(403, `invalid signature: ${reason}`)
}

/** The signatures that are worth verifying, and the failures of the others. */
function sorted(
  request: VerifiableRequest,
  entries: readonly (SignatureEntry | VerificationFailure)[],
  nowMs: number,
): { usable: SignatureEntry[]; failures: VerificationFailure[] } {
  const usable: SignatureEntry[] = []
  const failures: VerificationFailure[] = []
  for (const entry of entries) {
    if ('status' in entry) {
      failures.push(entry)
      continue
    }
    const failure = checkPolicy(entry, nowMs) ?? failureOfBase(baseOf(request, request.headers, entry))
    if (failure === undefined) usable.push(entry)
    else failures.push(failure)
  }
  return { usable: usable.slice(0, SIGNATURES_TRIED_MAX), failures }
}

function failureOfBase(base: Buffer | VerificationFailure): VerificationFailure | undefined {
  return Buffer.isBuffer(base) ? undefined : base
}

/** Whether one of `signatures` is for one of `targets`; the likeliest are tried first. */
function isSigned(
  headers: UnaryHeaders,
  targets: readonly SignedTarget[],
  signatures: readonly SignatureEntry[],
  keys: readonly KeyObject[],
): boolean {
  // A request with one signature is tried with whatever is configured.
  let left = Math.max(VERIFICATIONS_MAX, targets.length * keys.length)
  for (const target of targets) {
    for (const entry of signatures) {
      const base = baseOf(target, headers, entry)
      if (!Buffer.isBuffer(base)) continue
      for (const key of keys) {
        if (left-- === 0) return false
        if (verify(null, base, key, entry.signature)) return true
      }
    }
  }
  return false
}

/** All targets that a request may be signed for, without duplicates; those with an added default port come last. */
function targetsOf(request: VerifiableRequest): SignedTarget[] {
  const ranked = [request, ...(request.alternatives ?? [])].flatMap(({ method, path, authority }) =>
    authoritiesOf(authority).map((written, rank) => ({ rank, target: { method, path, authority: written } })),
  )
  ranked.sort((one, other) => one.rank - other.rank)
  const byText = new Map<string, SignedTarget>()
  for (const { target } of ranked) {
    const text = ['@authority', '@path'].map((name) => derivedComponentOf(target, name)).join(' ')
    if (!byText.has(text)) byText.set(text, target)
  }
  return [...byText.values()]
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

/** Names the component that differs, if a proxy left a hint. */
function reasonOf(
  request: VerifiableRequest,
  signatures: readonly SignatureEntry[],
  keys: readonly KeyObject[],
): string | undefined {
  const { headers } = request
  const found = likelyTargets(request, headers).find(({ target }) =>
    isSigned(headers, [target], signatures, keys),
  )
  if (found === undefined) return undefined
  const { component, value } = found
  return (
    `signed for ${component} ${shorten(value, SHOWN_LENGTH_MAX)}, but this endpoint expects ` +
    `${shown(request, component)}; configure the public URL of the endpoint (endpointUrl or ` +
    'DISPATCH_ENDPOINT_URL), and in option authority the other hosts by which it is called'
  )
}

/** Names everything that may differ. */
function generalReasonOf(request: VerifiableRequest): string {
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

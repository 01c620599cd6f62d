import { quote } from '../text/shorten.js'
import { ALGORITHM, KEY_ID, REQUIRED_COMPONENTS } from './base.js'
import { failed, type VerificationFailure } from './failure.js'
import type { SignatureEntry } from './parse.js'

/** How old a signature may be: the five minutes of the original, and its allowance for clocks that differ. */
const AGE_MS_MAX = 300_000
const SKEW_MS = 5_000

/** Parameters of RFC 9421 section 2.3. */
const KNOWN_PARAMETERS: ReadonlySet<string> = new Set(['created', 'expires', 'nonce', 'alg', 'keyid', 'tag'])

/** Everything about a signature that can be judged without the request and the keys. */
export function checkPolicy(entry: SignatureEntry, nowMs: number): VerificationFailure | undefined {
  const { parameters } = entry
  const uncovered = REQUIRED_COMPONENTS.filter((name) => !entry.components.includes(name))
  if (uncovered.length > 0) {
    return failed(401, `the signature does not cover ${uncovered.map((name) => `"${name}"`).join(', ')}`)
  }
  const keyId = parameters.get('keyid')
  if (typeof keyId !== 'string') return failed(401, 'the signature has no parameter "keyid"')
  if (!Number.isInteger(parameters.get('created'))) {
    return failed(401, 'signature parameter "created": expected an integer number of seconds')
  }
  for (const name of parameters.keys()) {
    if (!KNOWN_PARAMETERS.has(name)) return failed(403, `unexpected signature parameter ${quote(name)}`)
  }
  if (keyId !== KEY_ID) return failed(403, `public key ${quote(keyId)} not available`)
  const algorithm = parameters.get('alg')
  if (algorithm !== undefined && algorithm !== ALGORITHM) {
    return failed(403, `unexpected signature algorithm: expected "${ALGORITHM}"`)
  }
  return checkTimes(parameters, nowMs)
}

function checkTimes(
  parameters: SignatureEntry['parameters'],
  nowMs: number,
): VerificationFailure | undefined {
  const createdMs = (parameters.get('created') as number) * 1000
  if (createdMs > nowMs + SKEW_MS) {
    return failed(403, 'signature parameter "created" is in the future: do the clocks agree?')
  }
  if (createdMs < nowMs - AGE_MS_MAX - SKEW_MS) {
    return failed(403, `signature is older than ${AGE_MS_MAX / 1000} s: do the clocks agree?`)
  }
  const expires = parameters.get('expires')
  if (expires === undefined) return undefined
  if (!Number.isInteger(expires))
    return failed(401, 'signature parameter "expires": expected an integer number of seconds')
  if ((expires as number) * 1000 < nowMs - SKEW_MS) return failed(403, 'signature has expired')
  return undefined
}

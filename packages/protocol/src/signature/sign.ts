import { type KeyObject, sign } from 'node:crypto'
import { ALGORITHM, derivedComponentOf, KEY_ID, REQUIRED_COMPONENTS, signatureBase } from './base.js'
import { contentDigestOf } from './digest.js'

/** The parts of a request that our signature covers. */
export interface SignableRequest {
  readonly method: string
  readonly path: string
  /** Host and port exactly as the `Host` header field will have them: without the default port of the scheme. */
  readonly authority: string
  readonly contentType: string
  readonly body: Uint8Array
}

/** Header fields to add to a signed request. */
export interface SignatureHeaders {
  readonly 'content-digest': string
  readonly 'signature-input': string
  readonly signature: string
}

/**
 * Signs a request by HTTP Message Signatures (RFC 9421) with Ed25519, as the original scheduler does. Sign right
 * before sending, and again for every repetition: an endpoint of the Go SDK accepts no signature older than 295 s.
 *
 * @param createdSeconds - Epoch seconds, whole.
 */
export function signRequest(
  request: SignableRequest,
  privateKey: KeyObject,
  createdSeconds: number,
): SignatureHeaders {
  const contentDigest = contentDigestOf(request.body)
  const components = REQUIRED_COMPONENTS.map((name) => {
    if (name === 'content-digest') return [name, contentDigest] as const
    if (name === 'content-type') return [name, request.contentType.trim()] as const
    return [name, derivedComponentOf(request, name) ?? ''] as const
  })
  const parameters = `${COMPONENT_LIST};created=${createdSeconds};keyid="${KEY_ID}";alg="${ALGORITHM}"`
  const signature = sign(null, signatureBase(components, parameters), privateKey)
  return {
    'content-digest': contentDigest,
    'signature-input': `dispatch=${parameters}`,
    signature: `dispatch=:${signature.toString('base64')}:`,
  }
}

const COMPONENT_LIST = `(${REQUIRED_COMPONENTS.map((name) => `"${name}"`).join(' ')})`

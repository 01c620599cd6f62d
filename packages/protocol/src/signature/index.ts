// Keys and signatures of requests (RFC 9421).

export type { SignedTarget } from './base.js'
export type { VerificationFailure } from './failure.js'
export {
  formatSigningKey,
  formatVerificationKey,
  generateKeyPair,
  type KeyInput,
  type KeyPair,
  parseSigningKey,
  parseVerificationKeys,
} from './keys.js'
export { type SignableRequest, type SignatureHeaders, signRequest } from './sign.js'
export { type VerifiableRequest, verifyRequest } from './verify.js'

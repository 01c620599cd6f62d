import type { VerifiableRequest } from '@dispatch/protocol/signature'

/** RFC 9421 appendix B.1.4, `test-key-ed25519`; the key of the original SDKs' tests too. */
export const PUBLIC_KEY = 'JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs='
export const PUBLIC_KEY_HEX = '26b40b8f93fff3d897112f7ebc582b232dbd72517d082fe83cfb30ddce43d1bb'
export const PUBLIC_KEY_PEM =
  '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n'
export const PRIVATE_KEY_PEM =
  '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----\n'
export const PRIVATE_KEY_SEED = 'n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU='
export const PRIVATE_KEY_GO =
  'n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcUmtAuPk//z2JcRL368WCsjLb1yUX0IL+g8+zDdzkPRuw=='

export const CREATED_SECONDS = 1_718_000_000
export const CREATED_MS = CREATED_SECONDS * 1000

/** A RunRequest of function `greet` with input "World". */
export const BODY = Buffer.from(
  '0a056772656574123a0a2f747970652e676f6f676c65617069732e636f6d2f676f6f676c652e70726f746f6275662e537472696e67' +
    '56616c756512070a05576f726c64220131',
  'hex',
)
export const DIGEST =
  'sha-512=:VE5g1tEdBn3+YVOFzp9R1nvKgq51HCk8av0j7owzh6l+kSbx2LK1yvBn3siLGeQMRETwkUKcH/9jFlCME07c9A==:'
const STANDARD = '("@method" "@path" "@authority" "content-type" "content-digest")'
const PARAMETERS = `;created=${CREATED_SECONDS};keyid="default";alg="ed25519"`

const JSON_BODY = Buffer.from('{"hello": "world"}')
export const JSON_DIGEST_SHA512 =
  'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:'
export const JSON_DIGEST_SHA256 = 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:'

function signed(authority: string, input: string, signature: string) {
  return {
    method: 'POST',
    path: '/dispatch.sdk.v1.FunctionService/Run',
    authority,
    headers: {
      host: authority,
      'content-type': 'application/proto',
      'content-digest': DIGEST,
      'signature-input': `dispatch=${input}`,
      signature: `dispatch=:${signature}:`,
    },
    body: BODY,
  }
}

/** Requests that the original Python SDK's verifier accepts. */
export const SIGNED = {
  A: signed(
    'example.com',
    STANDARD + PARAMETERS,
    'TJgk/pNQ4Ii/FwAT+ZMY4RAM67Gw+zk1/IfzHkeJVzVn/dhzsHP7REEC0Xu51OHv4OKIDzNXOicYWcd7rpBbAQ==',
  ),
  B: signed(
    '127.0.0.1:8000',
    STANDARD + PARAMETERS,
    '8envOUY38XotgXsqdR1emMLH1kwNBp3elj/RhiLKe+l7oFdzw5H6n0jaRBYUHEYuS3bz+KpGSYkVKdsExf5iAA==',
  ),
  C: signed(
    'example.com',
    `("content-digest" "@authority" "content-type" "@path" "@method")${PARAMETERS}`,
    '83mZ2SXlP0ayhJu42vJjZzMW5YFMLLQrPMi3KbWXvdCgaWovVmTuEcssE8Ck4/VBdvmwomj8FkFlDW6lg3Z+AA==',
  ),
  D: signed(
    'example.com',
    `${STANDARD};created=${CREATED_SECONDS};keyid="default"`,
    'aCAlLgLhtP1CmXJpMMxqVE3tOXheGVu6kgBPZhWDNU2FBqFTgGjvXzLT9smFhDml7jNBJCatpDU1uoo6BUn/BQ==',
  ),
  E: {
    method: 'POST',
    path: '/foo',
    authority: 'example.com',
    headers: {
      host: 'example.com',
      'content-type': 'application/json',
      'content-digest': JSON_DIGEST_SHA512,
      'signature-input': `dispatch=${STANDARD}${PARAMETERS}`,
      signature:
        'dispatch=:i49sHRi02ni5+3ojpscUqisyumECS3wQvq0Bgt+F9gwpLiHFYMmhmIb6f7h7st6CjltGu33ZHGNFgV2xtKL0Cw==:',
    },
    body: JSON_BODY,
  },
} satisfies Record<string, VerifiableRequest>

/** RFC 9421 appendix B.2.6. */
export const RFC_REQUEST = {
  method: 'POST',
  path: '/foo?param=Value&Pet=dog',
  authority: 'example.com',
  headers: {
    host: 'example.com',
    date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'content-type': 'application/json',
    'content-length': '18',
    'content-digest': JSON_DIGEST_SHA512,
    'signature-input':
      'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")' +
      ';created=1618884473;keyid="test-key-ed25519"',
    signature:
      'sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:',
  },
  body: JSON_BODY,
} satisfies VerifiableRequest

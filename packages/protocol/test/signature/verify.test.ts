import { sign } from 'node:crypto'
import {
  generateKeyPair,
  parseSigningKey,
  parseVerificationKeys,
  signRequest,
  type VerifiableRequest,
  verifyRequest,
} from '@dispatch/protocol/signature'
import fc from 'fast-check'
import httpMessageSignatures from 'http-message-signatures'
import t from 'tap'
import { derivedComponentOf, signatureBase } from '../../dist/signature/base.js'
import { contentDigestOf } from '../../dist/signature/digest.js'
import {
  CREATED_MS,
  CREATED_SECONDS,
  JSON_DIGEST_SHA256,
  JSON_DIGEST_SHA512,
  PRIVATE_KEY_PEM,
  PRIVATE_KEY_SEED,
  PUBLIC_KEY,
  RFC_REQUEST,
  SIGNED,
} from './vectors.js'

const keys = parseVerificationKeys(PUBLIC_KEY, 'the test')
const privateKey = parseSigningKey(PRIVATE_KEY_SEED, 'the test')

/** The request with some header fields replaced, or removed when `undefined`. */
function withHeaders(
  request: VerifiableRequest,
  headers: Record<string, string | string[] | undefined>,
): VerifiableRequest {
  return { ...request, headers: { ...request.headers, ...headers } }
}

/** The request signed anew, with these components and parameters: what a peer with other habits sends. */
function signedWith(request: VerifiableRequest, input: string, label = 'dispatch'): VerifiableRequest {
  const names =
    /^\((.*?)\)/
      .exec(input)?.[1]
      ?.split(' ')
      .map((name) => name.replaceAll('"', '')) ?? []
  const base = signatureBase(
    names.map((name) => [name, derivedComponentOf(request, name) ?? String(request.headers[name])] as const),
    input,
  )
  return withHeaders(request, {
    'signature-input': `${label}=${input}`,
    signature: `${label}=:${sign(null, base, privateKey).toString('base64')}:`,
  })
}

const FIVE = '"@method" "@path" "@authority" "content-type" "content-digest"'
const COMMON = `;created=${CREATED_SECONDS};keyid="default";alg="ed25519"`

t.test('a well signed request', async (t) => {
  const cases = [
    { name: 'S01 is accepted', request: SIGNED.A },
    { name: 'S02 is accepted with its components in another order', request: SIGNED.C },
    { name: 'S03 is accepted without an algorithm', request: SIGNED.D },
    { name: 'S04 is accepted at the host and port it was signed for', request: SIGNED.B },
    { name: 'S14 is accepted 4 s before it was made', request: SIGNED.A, nowMs: CREATED_MS - 4_000 },
    { name: 'S16 is accepted 60 s after it was made', request: SIGNED.A, nowMs: CREATED_MS + 60_000 },
    { name: 'is accepted 305 s after it was made', request: SIGNED.A, nowMs: CREATED_MS + 305_000 },
    { name: 'is accepted 5 s before it was made', request: SIGNED.A, nowMs: CREATED_MS - 5_000 },
    {
      name: 'S24 is accepted when it covers another header field',
      request: signedWith(withHeaders(SIGNED.A, { 'x-tenant': 'a' }), `(${FIVE} "x-tenant")${COMMON}`),
    },
    {
      name: 'S25 is accepted with a digest by SHA-256 only',
      request: signedWith(
        withHeaders(SIGNED.E, { 'content-digest': JSON_DIGEST_SHA256 }),
        `(${FIVE})${COMMON}`,
      ),
    },
    {
      name: 'is accepted with a digest of an unknown algorithm beside a known one',
      request: signedWith(
        withHeaders(SIGNED.E, { 'content-digest': `md5=:AAAA:, ${JSON_DIGEST_SHA512}` }),
        `(${FIVE})${COMMON}`,
      ),
    },
    {
      name: 'S26 is accepted with another label',
      request: signedWith(SIGNED.A, `(${FIVE})${COMMON}`, 'sig1'),
    },
    { name: 'is accepted with JSON', request: SIGNED.E },
    {
      name: 'is accepted when the host is written in capitals',
      request: { ...SIGNED.A, authority: 'Example.COM' },
    },
    {
      name: 'is accepted when this process sees the default port',
      request: { ...SIGNED.A, authority: 'example.com:443' },
    },
    {
      name: 'is accepted when it was signed with the default port',
      request: {
        ...signedWith({ ...SIGNED.A, authority: 'example.com:80' }, `(${FIVE})${COMMON}`),
        authority: 'example.com',
      },
    },
    {
      name: 'is accepted with a query, which is not covered',
      request: { ...SIGNED.A, path: `${SIGNED.A.path}?a=1` },
    },
    {
      name: 'is accepted with all registered parameters',
      request: signedWith(
        SIGNED.A,
        `(${FIVE})${COMMON};expires=${CREATED_SECONDS + 60};nonce="1";tag="dispatch"`,
      ),
    },
    {
      name: 'is accepted beside the signature that a proxy added before it',
      request: withHeaders(SIGNED.A, {
        'signature-input': `proxy=("via");keyid="p", ${SIGNED.A.headers['signature-input']}`,
        signature: `proxy=:AAAA:, ${SIGNED.A.headers.signature}`,
      }),
    },
    {
      name: 'is accepted beside the signature that a proxy added as a header field of its own',
      request: withHeaders(SIGNED.A, {
        'signature-input': [SIGNED.A.headers['signature-input'], 'proxy=("via";tr);keyid="p";x=1'],
        signature: [SIGNED.A.headers.signature, 'proxy=:AAAA:'],
      }),
    },
  ] satisfies { name: string; request: VerifiableRequest; nowMs?: number }[]
  for (const { name, request, ...rest } of cases) {
    t.strictSame(verifyRequest(request, keys, 'nowMs' in rest ? rest.nowMs : CREATED_MS), undefined, name)
  }
})

t.test('a badly signed request', async (t) => {
  const tampered = Uint8Array.from(SIGNED.A.body)
  tampered[tampered.length - 1] = 0x32
  const cases = [
    {
      name: 'S04 is refused at another host',
      request: { ...SIGNED.B, authority: 'example.com' },
      status: 403,
    },
    {
      name: 'is refused at another port',
      request: { ...SIGNED.B, authority: '127.0.0.1:8001' },
      status: 403,
    },
    { name: 'is refused with another path', request: { ...SIGNED.A, path: '/' }, status: 403 },
    { name: 'is refused with another method', request: { ...SIGNED.A, method: 'PUT' }, status: 403 },
    {
      name: 'is refused with another content type',
      request: withHeaders(SIGNED.A, { 'content-type': 'application/json' }),
      status: 403,
    },
    {
      name: 'S05 is refused with another body',
      request: { ...SIGNED.A, body: tampered },
      status: 403,
      message: /digest/,
    },
    {
      name: 'is refused with another body and the digest of that',
      request: withHeaders({ ...SIGNED.A, body: tampered }, { 'content-digest': contentDigestOf(tampered) }),
      status: 403,
      message: /invalid signature/,
    },
    {
      name: 'S06 is refused with another signature',
      request: withHeaders(SIGNED.A, { signature: SIGNED.C.headers.signature }),
      status: 403,
      message: /invalid signature/,
    },
    {
      name: 'is refused with a signature that is too short',
      request: withHeaders(SIGNED.A, { signature: 'dispatch=:AAAA:' }),
      status: 403,
    },
    {
      name: 'S07 is refused without a signature',
      request: withHeaders(SIGNED.A, { signature: undefined, 'signature-input': undefined }),
      status: 401,
      message: /^missing request signature$/,
    },
    {
      name: 'is refused without Signature',
      request: withHeaders(SIGNED.A, { signature: undefined }),
      status: 401,
      message: /"signature"/,
    },
    {
      name: 'is refused without Signature-Input',
      request: withHeaders(SIGNED.A, { 'signature-input': undefined }),
      status: 401,
      message: /"signature-input"/,
    },
    {
      name: 'S08 is refused without Content-Digest',
      request: withHeaders(SIGNED.A, { 'content-digest': undefined }),
      status: 401,
      message: /content-digest/,
    },
    {
      name: 'S09 is refused when Signature-Input cannot be parsed',
      request: withHeaders(SIGNED.A, { 'signature-input': '%%%' }),
      status: 401,
      message: /malformed/,
    },
    {
      name: 'is refused when Signature cannot be parsed',
      request: withHeaders(SIGNED.A, { signature: '%%%' }),
      status: 401,
      message: /malformed/,
    },
    {
      name: 'is refused when Signature has other labels than Signature-Input',
      request: withHeaders(SIGNED.A, { signature: SIGNED.A.headers.signature.replace('dispatch', 'other') }),
      status: 401,
      message: /label/,
    },
    {
      name: 'is refused when Signature is a string',
      request: withHeaders(SIGNED.A, { signature: 'dispatch="AAAA"' }),
      status: 401,
    },
    ...['@method', '@path', '@authority', 'content-type', 'content-digest'].map((component) => ({
      name: `S10 is refused when it does not cover ${component}`,
      request: signedWith(
        SIGNED.A,
        `(${FIVE.split(' ')
          .filter((name) => name !== `"${component}"`)
          .join(' ')})${COMMON}`,
      ),
      status: 401,
      message: new RegExp(`does not cover "${component}"`),
    })),
    {
      name: 'S11 is refused with another key id',
      request: signedWith(SIGNED.A, `(${FIVE});created=${CREATED_SECONDS};keyid="other"`),
      status: 403,
      message: /"other"/,
    },
    {
      name: 'S12 is refused without a key id',
      request: signedWith(SIGNED.A, `(${FIVE});created=${CREATED_SECONDS}`),
      status: 401,
      message: /keyid/,
    },
    {
      name: 'S13 is refused without a time',
      request: signedWith(SIGNED.A, `(${FIVE});keyid="default"`),
      status: 401,
      message: /created/,
    },
    {
      name: 'S15 is refused 60 s before it was made',
      request: SIGNED.A,
      nowMs: CREATED_MS - 60_000,
      status: 403,
      message: /future/,
    },
    {
      name: 'is refused 5.001 s before it was made',
      request: SIGNED.A,
      nowMs: CREATED_MS - 5_001,
      status: 403,
    },
    {
      name: 'S17 is refused 600 s after it was made',
      request: SIGNED.A,
      nowMs: CREATED_MS + 600_000,
      status: 403,
      message: /older/,
    },
    {
      name: 'is refused 305.001 s after it was made',
      request: SIGNED.A,
      nowMs: CREATED_MS + 305_001,
      status: 403,
    },
    {
      name: 'is refused when it has expired',
      request: signedWith(SIGNED.A, `(${FIVE})${COMMON};expires=${CREATED_SECONDS - 6}`),
      status: 403,
      message: /expired/,
    },
    {
      name: 'S18 is refused with another algorithm',
      request: signedWith(SIGNED.A, `(${FIVE});created=${CREATED_SECONDS};keyid="default";alg="hmac-sha256"`),
      status: 403,
      message: /algorithm/,
    },
    {
      name: 'is refused with an unregistered parameter',
      request: signedWith(SIGNED.A, `(${FIVE})${COMMON};colour="red"`),
      status: 403,
      message: /colour/,
    },
    {
      name: 'S24 is refused when it covers a header field that is absent',
      request: withHeaders(
        signedWith(withHeaders(SIGNED.A, { 'x-tenant': 'a' }), `(${FIVE} "x-tenant")${COMMON}`),
        { 'x-tenant': undefined },
      ),
      status: 403,
      message: /"x-tenant"/,
    },
    {
      name: 'is refused when it covers a header field that is not one of the request but of every object',
      request: signedWith(SIGNED.A, `(${FIVE} "constructor")${COMMON}`),
      status: 403,
    },
    {
      name: 'is refused when it covers something twice',
      request: signedWith(SIGNED.A, `(${FIVE} "content-type")${COMMON}`),
      status: 401,
    },
    {
      name: 'is refused when a component has parameters',
      request: withHeaders(SIGNED.A, {
        'signature-input': SIGNED.A.headers['signature-input'].replace('"content-type"', '"content-type";bs'),
      }),
      status: 401,
      message: /parameters/,
    },
    {
      name: 'S25 is refused with a digest of an unknown algorithm only',
      request: signedWith(withHeaders(SIGNED.A, { 'content-digest': 'md5=:AAAA:' }), `(${FIVE})${COMMON}`),
      status: 401,
      message: /sha-256 or sha-512/,
    },
    {
      name: 'is refused with a digest that cannot be parsed',
      request: signedWith(withHeaders(SIGNED.A, { 'content-digest': '%%%' }), `(${FIVE})${COMMON}`),
      status: 401,
      message: /malformed/,
    },
    {
      name: 'is refused with a digest that is a string',
      request: signedWith(
        withHeaders(SIGNED.A, { 'content-digest': 'sha-512="AAAA"' }),
        `(${FIVE})${COMMON}`,
      ),
      status: 401,
      message: /malformed/,
    },
    {
      name: 'is refused when one of two digests is wrong',
      request: signedWith(
        withHeaders(SIGNED.E, { 'content-digest': `${JSON_DIGEST_SHA512}, sha-256=:AAAA:` }),
        `(${FIVE})${COMMON}`,
      ),
      status: 403,
      message: /digest/,
    },
    {
      name: 'is refused with a line break in what it covers',
      request: withHeaders(SIGNED.A, { 'content-type': 'application/proto\n"a": b' }),
      status: 401,
    },
    {
      name: 'is refused with a crowd of signatures',
      request: withHeaders(SIGNED.A, {
        'signature-input': Array.from({ length: 9 }, (_, i) => `s${i}=(${FIVE})${COMMON}`),
        signature: Array.from({ length: 9 }, (_, i) => `s${i}=:AAAA:`),
      }),
      status: 401,
      message: /more than/,
    },
    {
      name: 'is refused when the proxy is the only one that signed',
      request: withHeaders(SIGNED.A, { 'signature-input': 'p=("via");keyid="p"', signature: 'p=:AAAA:' }),
      status: 401,
    },
    {
      name: 'is refused for the signature that is meant for us, whatever a proxy signed beside it',
      request: withHeaders(
        { ...SIGNED.A, path: '/' },
        {
          'signature-input': `p=("via");keyid="p", ${SIGNED.A.headers['signature-input']}`,
          signature: `p=:AAAA:, ${SIGNED.A.headers.signature}`,
        },
      ),
      status: 403,
      message: /invalid signature/,
    },
    { name: 'S19 is refused when it is the one of the RFC', request: RFC_REQUEST, status: 401 },
  ] satisfies { name: string; request: VerifiableRequest; nowMs?: number; status: number; message?: RegExp }[]
  for (const { name, request, status, ...rest } of cases) {
    t.match(
      verifyRequest(request, keys, 'nowMs' in rest ? rest.nowMs : CREATED_MS),
      {
        status,
        code: status === 401 ? 'unauthenticated' : 'permission_denied',
        message: 'message' in rest ? rest.message : /./,
      },
      name,
    )
  }
})

t.test('S19 the base and the signature of the RFC reproduce', async (t) => {
  const names = ['date', '@method', '@path', '@authority', 'content-type', 'content-length']
  const headers: Record<string, string> = RFC_REQUEST.headers
  const base = signatureBase(
    names.map((name) => [name, derivedComponentOf(RFC_REQUEST, name) ?? headers[name] ?? ''] as const),
    RFC_REQUEST.headers['signature-input'].slice('sig-b26='.length),
  )
  t.equal(
    base.toString(),
    [
      '"date": Tue, 20 Apr 2021 02:07:55 GMT',
      '"@method": POST',
      '"@path": /foo',
      '"@authority": example.com',
      '"content-type": application/json',
      '"content-length": 18',
      '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")' +
        ';created=1618884473;keyid="test-key-ed25519"',
    ].join('\n'),
  )
  t.equal(`sig-b26=:${sign(null, base, privateKey).toString('base64')}:`, RFC_REQUEST.headers.signature)
})

t.test('S20 signing the inputs of a known request produces its three header fields', async (t) => {
  for (const request of [SIGNED.A, SIGNED.B, SIGNED.E]) {
    const { 'content-digest': digest, signature, 'signature-input': input } = request.headers
    t.strictSame(
      signRequest({ ...request, contentType: request.headers['content-type'] }, privateKey, CREATED_SECONDS),
      { 'content-digest': digest, 'signature-input': input, signature },
    )
  }
})

t.test('a digest is that of the known vectors', async (t) => {
  t.equal(contentDigestOf(Buffer.from('{"hello": "world"}')), JSON_DIGEST_SHA512)
  t.equal(
    contentDigestOf(new Uint8Array()),
    'sha-512=:z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==:',
  )
})

t.test('any of several keys is accepted, and a request signed with none of them is refused', async (t) => {
  const pairs = [generateKeyPair(), generateKeyPair(), generateKeyPair()] as const
  const publicKeys = [pairs[0].publicKey, pairs[1].publicKey]
  const requests = pairs.map((pair): VerifiableRequest => {
    const signable = { ...SIGNED.A, contentType: 'application/proto' }
    return withHeaders(SIGNED.A, { ...signRequest(signable, pair.privateKey, CREATED_SECONDS) })
  })
  t.strictSame(
    requests.map((request) => verifyRequest(request, publicKeys, CREATED_MS)?.status),
    [undefined, undefined, 403],
  )
  t.throws(() => verifyRequest(SIGNED.A, [], CREATED_MS), TypeError)
})

t.test('behind a proxy the refusal names the component that differs, and the way out', async (t) => {
  const behind: VerifiableRequest = {
    ...withHeaders(SIGNED.A, { 'x-forwarded-host': 'example.com', 'x-forwarded-prefix': '/api/' }),
    authority: '10.0.0.1:3000',
  }
  const cases = [
    {
      name: 'authority by X-Forwarded-Host',
      request: behind,
      want: /signed for @authority example\.com, but this endpoint expects @authority 10\.0\.0\.1:3000; configure/,
    },
    {
      name: 'path by X-Forwarded-Prefix',
      request: signedWith({ ...SIGNED.A, path: '/api/Run' }, `(${FIVE})${COMMON}`),
      seen: { path: '/Run', headers: { 'x-forwarded-prefix': '/api/' } },
      want: /signed for @path \/api\/Run, but this endpoint expects @path \/Run; configure/,
    },
    {
      name: 'nothing to go by',
      request: SIGNED.A,
      seen: { authority: '10.0.0.1', headers: { host: '10.0.0.1' } },
      want: /this endpoint expects @method POST, @path \/dispatch\S+ @authority 10\.0\.0\.1; if it is called by/,
    },
  ]
  for (const { name, request, seen, want } of cases) {
    const seenRequest = { ...request, ...seen, headers: { ...request.headers, ...seen?.headers } }
    t.match(verifyRequest(seenRequest, keys, CREATED_MS), { status: 403, message: want }, name)
  }
})

t.test('headers of a proxy never make a request acceptable', async (t) => {
  const request = withHeaders(
    { ...SIGNED.A, authority: 'other.example' },
    { 'x-forwarded-host': 'example.com' },
  )
  t.match(verifyRequest(request, keys, CREATED_MS), { status: 403 })
})

t.test('another implementation of RFC 9421 accepts what we sign', async (t) => {
  const { httpbis, createVerifier } = httpMessageSignatures
  const signature = signRequest(
    { ...SIGNED.A, contentType: 'application/proto' },
    privateKey,
    Math.floor(Date.now() / 1000),
  )
  const message = {
    method: 'POST',
    url: 'https://example.com/dispatch.sdk.v1.FunctionService/Run',
    headers: { 'content-type': 'application/proto', ...signature },
  }
  const verifier = createVerifier(keys[0]?.export({ type: 'spki', format: 'pem' }) as string, 'ed25519')
  const config = { keyLookup: async () => ({ id: 'default', algs: ['ed25519'], verify: verifier }) }
  t.equal(await httpbis.verifyMessage(config, message), true)
  t.not(await httpbis.verifyMessage(config, { ...message, method: 'PUT' }).catch(() => false), true)
})

t.test('we accept what another implementation of RFC 9421 signs', async (t) => {
  const { httpbis, createSigner } = httpMessageSignatures
  const signed = await httpbis.signMessage(
    {
      key: createSigner(PRIVATE_KEY_PEM, 'ed25519', 'default'),
      name: 'sig1',
      fields: ['@method', '@path', '@authority', 'content-type', 'content-digest'],
      params: ['created', 'keyid', 'alg', 'nonce'],
      paramValues: { nonce: 'a "quoted" nonce' },
    },
    {
      method: 'POST',
      url: 'https://example.com/dispatch.sdk.v1.FunctionService/Run',
      headers: { 'content-type': 'application/proto', 'content-digest': contentDigestOf(SIGNED.A.body) },
    },
  )
  const headers = Object.fromEntries(
    Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  t.strictSame(verifyRequest({ ...SIGNED.A, headers }, keys, Date.now()), undefined)
})

t.test('no header fields, however hostile, make it throw or accept', async (t) => {
  const fragment = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      ...[
        'dispatch=',
        '(',
        ')',
        '"@method"',
        '"@path"',
        '"__proto__"',
        '"@nope"',
        ';sf',
        ';created=',
        '1718000000',
      ],
      ...[
        ';keyid="default"',
        ';alg="ed25519"',
        '=:AAAA:',
        ':',
        ',',
        'sha-512',
        '?1',
        '@1',
        '%"',
        '1.5',
        '\\',
        ' ',
      ],
    ),
  )
  const text = fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join(''))
  const value = fc.option(fc.oneof(text, fc.array(text, { maxLength: 3 })), { nil: undefined })
  const mutated = (good: string) =>
    fc.oneof(
      value,
      fc
        .tuple(fc.nat(good.length), fc.nat(4), text)
        .map(([at, cut, put]) => good.slice(0, at) + put + good.slice(at + cut)),
    )
  const keeps = (headers: Record<string, unknown>, name: 'signature' | 'content-digest') =>
    String(headers[name]).includes(SIGNED.A.headers[name].slice(-30))
  fc.assert(
    fc.property(
      fc.record({
        'signature-input': mutated(SIGNED.A.headers['signature-input']),
        signature: mutated(SIGNED.A.headers.signature),
        'content-digest': mutated(SIGNED.A.headers['content-digest']),
        'x-forwarded-host': value,
        'x-forwarded-prefix': value,
      }),
      (headers) => {
        const failure = verifyRequest(withHeaders(SIGNED.A, headers), keys, CREATED_MS)
        // A blank or a further member of a dictionary does no harm.
        if (failure === undefined) return keeps(headers, 'signature') && keeps(headers, 'content-digest')
        return failure.status === 401 || failure.status === 403
      },
    ),
    { numRuns: 3000 },
  )
  t.pass()
})

import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { DispatchError } from '@dispatch/protocol'
import {
  create,
  fromBinary,
  type RunRequest,
  RunRequestSchema,
  RunResponseSchema,
  TYPE_REGISTRY,
  toBinary,
  toJson,
} from '@dispatch/protocol/messages'
import { generateKeyPair, verifyRequest } from '@dispatch/protocol/signature'
import { createHttpTransport, type HttpTransportOptions } from '@dispatch/scheduler'
import t, { type Test } from 'tap'

const REQUEST = create(RunRequestSchema, { function: 'greet', dispatchId: 'id-1', attempt: 2 })
const RESPONSE = toBinary(
  RunResponseSchema,
  create(RunResponseSchema, { status: 1, directive: { case: 'exit', value: {} } }),
)
const UNREACHABLE_PORT = 1

interface ReceivedRequest {
  readonly message: IncomingMessage
  readonly body: Buffer
}

t.test('a run is a POST in the Connect protocol, in binary', async (t) => {
  const { url, received } = await serve(t, answerWith(200, { 'content-type': 'application/proto' }, RESPONSE))
  const outcome = await run(t, url)
  t.match(outcome, { kind: 'response', response: { status: 1, directive: { case: 'exit' } } })
  const { message, body } = received[0] as ReceivedRequest
  t.equal(message.method, 'POST')
  t.equal(message.url, '/dispatch.sdk.v1.FunctionService/Run')
  t.match(message.headers, {
    'content-type': 'application/proto',
    'connect-protocol-version': '1',
    'content-length': String(body.byteLength),
    host: new URL(url).host,
  })
  t.equal(message.headers.signature, undefined)
  t.strictSame(
    toJson(RunRequestSchema, fromBinary(RunRequestSchema, body), { registry: TYPE_REGISTRY }),
    toJson(RunRequestSchema, { ...REQUEST, sendsBatches: true }, { registry: TYPE_REGISTRY }),
  )
})

t.test('with runsPerRequestMax 1 batches are not negotiated', async (t) => {
  const { url, received } = await serve(t, answerWith(200, { 'content-type': 'application/proto' }, RESPONSE))
  await run(t, url, { runsPerRequestMax: 1 })
  const [{ body }] = received as [ReceivedRequest]
  t.strictSame(
    toJson(RunRequestSchema, fromBinary(RunRequestSchema, body), { registry: TYPE_REGISTRY }),
    toJson(RunRequestSchema, REQUEST, { registry: TYPE_REGISTRY }),
  )
  for (const runsPerRequestMax of [0, 1.5, Number.NaN]) {
    t.throws(
      () => createHttpTransport({ runsPerRequestMax }),
      /^option runsPerRequestMax: expected an integer/,
    )
  }
})

t.test('the path of an endpoint is kept, whether it ends in a slash or not', async (t) => {
  const { url, received } = await serve(t, answerWith(200, { 'content-type': 'application/proto' }, RESPONSE))
  for (const path of ['', '/', '/prefix', '/prefix/', '/a/b//', '/a?key=x']) await run(t, url + path)
  const runPath = '/dispatch.sdk.v1.FunctionService/Run'
  t.strictSame(
    received.map(({ message }) => message.url),
    [runPath, runPath, `/prefix${runPath}`, `/prefix${runPath}`, `/a/b${runPath}`, `/a${runPath}?key=x`],
  )
})

const LENIENT_TYPES = [
  undefined,
  'application/octet-stream',
  'application/x-protobuf',
  'application/proto; charset=utf-8',
]

for (const type of LENIENT_TYPES) {
  t.test(`an answer with content type ${type} is read`, async (t) => {
    const { url } = await serve(
      t,
      answerWith(200, type === undefined ? {} : { 'content-type': type }, RESPONSE),
    )
    t.match(await run(t, url), { kind: 'response', response: { status: 1 } })
  })
}

const JSON_TYPE = { 'content-type': 'application/json' }
const ANSWERS: { name: string; listener: RequestListener; want: object }[] = [
  {
    name: 'Q20 HTTP 404 with a Connect error: the function is not known there',
    listener: answerWith(404, JSON_TYPE, `{"code":"not_found","message":"function 'greet' does not exist"}`),
    want: { source: 'function', status: 'not_found', message: "HTTP 404: function 'greet' does not exist" },
  },
  {
    name: 'Q20 HTTP 404 of whatever serves the path: so too',
    listener: answerWith(404, { 'content-type': 'text/html' }, '<h1>Not Found</h1>'),
    want: { source: 'function', status: 'not_found', message: /^HTTP 404/ },
  },
  {
    name: 'Q21 HTTP 429 is throttled, with its Retry-After',
    listener: answerWith(429, { 'retry-after': '7' }, ''),
    want: { source: 'endpoint', status: 'throttled', retryAfterMs: 7_000 },
  },
  {
    name: 'Q21 HTTP 503 is temporary and counts against the endpoint as a whole',
    listener: answerWith(
      503,
      { ...JSON_TYPE, 'retry-after': '1' },
      '{"code":"unavailable","message":"shutting down"}',
    ),
    want: {
      source: 'transport',
      status: 'temporary',
      message: 'HTTP 503: shutting down',
      retryAfterMs: 1_000,
    },
  },
  { name: 'HTTP 502', listener: answerWith(502, {}, ''), want: { source: 'transport', status: 'temporary' } },
  { name: 'HTTP 504', listener: answerWith(504, {}, ''), want: { source: 'transport', status: 'temporary' } },
  {
    name: 'HTTP 500 of the Python SDK is temporary',
    listener: answerWith(500, JSON_TYPE, `{"code":"internal","message":"function 'greet' fatal error"}`),
    want: { source: 'endpoint', status: 'temporary', message: "HTTP 500: function 'greet' fatal error" },
  },
  {
    name: 'Q22 HTTP 501 is permanent, whatever its Connect code says',
    listener: answerWith(501, JSON_TYPE, '{"code":"unimplemented","message":"no"}'),
    want: { source: 'endpoint', status: 'permanent' },
  },
  {
    name: 'HTTP 400',
    listener: answerWith(400, {}, ''),
    want: { source: 'endpoint', status: 'invalid_argument' },
  },
  {
    name: 'HTTP 401 says why the signature was refused',
    listener: answerWith(401, JSON_TYPE, '{"code":"unauthenticated","message":"missing request signature"}'),
    want: { source: 'endpoint', status: 'unauthenticated', message: 'HTTP 401: missing request signature' },
  },
  {
    name: 'HTTP 403',
    listener: answerWith(403, {}, ''),
    want: { source: 'endpoint', status: 'permission_denied' },
  },
  { name: 'HTTP 408', listener: answerWith(408, {}, ''), want: { source: 'endpoint', status: 'timeout' } },
  { name: 'HTTP 418', listener: answerWith(418, {}, ''), want: { source: 'endpoint', status: 'permanent' } },
  {
    name: 'a redirect is not followed',
    listener: answerWith(307, { location: 'http://127.0.0.1:1/' }, ''),
    want: { source: 'endpoint', status: 'permanent' },
  },
  {
    name: 'HTTP 204',
    listener: answerWith(204, {}, ''),
    want: { source: 'endpoint', status: 'invalid_response' },
  },
  {
    name: 'a response that is not a RunResponse',
    listener: answerWith(200, { 'content-type': 'application/proto' }, Buffer.from('ffffff', 'hex')),
    want: { source: 'endpoint', status: 'invalid_response', message: /^unreadable answer/ },
  },
  {
    name: 'an answer that is a page',
    listener: answerWith(200, { 'content-type': 'text/html' }, '<h1>Welcome</h1>'),
    want: { source: 'endpoint', status: 'invalid_response', message: /text\/html/ },
  },
  {
    name: 'an answer that is too large',
    listener: answerWith(200, { 'content-type': 'application/proto' }, Buffer.alloc(5_000)),
    want: { source: 'endpoint', status: 'invalid_response' },
  },
  {
    name: 'an answer without length that is too large',
    listener: (_, response) => {
      response.writeHead(200, { 'content-type': 'application/proto' })
      response.write(Buffer.alloc(3_000))
      response.write(Buffer.alloc(3_000))
      response.end()
    },
    want: { source: 'endpoint', status: 'invalid_response' },
  },
  {
    name: 'a connection that breaks before the answer',
    listener: (request) => request.socket.destroy(),
    want: { source: 'transport', status: 'tcp' },
  },
  {
    name: 'a connection that breaks within the answer',
    listener: (request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('x', () => request.socket.destroy())
    },
    want: { source: 'transport', status: 'tcp' },
  },
  {
    name: 'no answer in time',
    listener: () => {},
    want: { source: 'transport', status: 'timeout' },
  },
]

for (const { name, listener, want } of ANSWERS) {
  t.test(`${name}`, async (t) => {
    const { url } = await serve(t, listener)
    t.match(await run(t, url, { bodyBytesMax: 4_000, runMsMax: 100 }), { kind: 'failure', ...want })
  })
}

t.test('Q21 a refused connection is a failure of the transport that is retried', async (t) => {
  t.match(await run(t, `http://127.0.0.1:${UNREACHABLE_PORT}`), {
    kind: 'failure',
    source: 'transport',
    status: 'tcp',
    message: /^http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/,
  })
  t.match(await run(t, `http://localhost:${UNREACHABLE_PORT}`), { status: 'tcp', message: /ECONNREFUSED/ })
})

t.test('a host without a name is a failure of dns', async (t) => {
  t.match(await run(t, 'http://no-such-host.invalid'), {
    kind: 'failure',
    source: 'transport',
    status: 'dns',
  })
})

t.test('a certificate that is not accepted is a failure of tls', async (t) => {
  // Anything that does not speak TLS will do.
  const { url } = await serve(t, answerWith(200, {}, ''))
  t.match(await run(t, url.replace('http:', 'https:')), {
    kind: 'failure',
    source: 'transport',
    status: 'tls',
  })
})

t.test('a response that is not HTTP is invalid', async (t) => {
  const server = createTcpServer((socket) => socket.end('220 mail.example ESMTP\r\n'))
  const url = await listen(t, server)
  t.match(await run(t, url), { kind: 'failure', source: 'endpoint', status: 'invalid_response' })
})

t.test('an abort ends the exchange immediately, and its reason determines the status', async (t) => {
  let onRequest = (_: IncomingMessage): void => {}
  const arrived = new Promise<IncomingMessage>((resolve) => {
    onRequest = resolve
  })
  const { url } = await serve(t, (request) => onRequest(request))
  const controller = new AbortController()
  const outcome = run(t, url, {}, controller.signal)
  const request = await arrived
  const closed = once(request.socket, 'close')
  controller.abort(new DispatchError('timeout', 'the call was expired'))
  t.match(await outcome, {
    kind: 'failure',
    source: 'transport',
    status: 'timeout',
    message: /the call was expired/,
  })
  await closed
})

t.test('a run whose signal has aborted already is not sent', async (t) => {
  const { url, received } = await serve(t, answerWith(200, {}, RESPONSE))
  t.match(await run(t, url, {}, AbortSignal.abort()), {
    kind: 'failure',
    source: 'transport',
    status: 'temporary',
  })
  t.equal(received.length, 0)
})

t.test('Q24 every attempt is signed afresh, over what was sent', async (t) => {
  const { publicKey, privateKey } = generateKeyPair()
  const { url, received } = await serve(t, answerWith(503, {}, ''))
  let nowMs = 1_718_000_000_900
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, after: () => () => {} }
  const transport = createHttpTransport({ signingKey: privateKey, clock })
  t.teardown(() => transport.close())
  const endpoint = transport.endpointOf(`${url}/prefix/`)
  await endpoint.run(REQUEST, new AbortController().signal)
  nowMs += 400_000
  await endpoint.run(REQUEST, new AbortController().signal)
  t.equal(received.length, 2)
  for (const [index, { message, body }] of received.entries()) {
    const createdSeconds = 1_718_000_000 + 400 * index
    t.match(message.headers['signature-input'], `created=${createdSeconds};keyid="default";alg="ed25519"`)
    const verifiable = {
      method: message.method ?? '',
      path: message.url ?? '',
      authority: message.headers.host ?? '',
      headers: message.headers,
      body,
    }
    t.equal(verifyRequest(verifiable, [publicKey], createdSeconds * 1000), undefined)
  }
  t.not(received[0]?.message.headers.signature, received[1]?.message.headers.signature)
})

const REFUSED: { name: string; url: string; want: RegExp }[] = [
  { name: 'another scheme', url: 'bridge://x', want: /expected an http or https URL, got "bridge:\/\/x"/ },
  { name: 'no URL', url: 'arn:aws:lambda:eu-west-1:1:function:f', want: /expected an http or https URL/ },
  { name: 'a user name in front of another host', url: 'http://127.0.0.1@evil.example', want: /user name/ },
  { name: 'an endpoint that is not allowed', url: 'http://evil.example', want: /not in allowedEndpoints/ },
]

for (const { name, url, want } of REFUSED) {
  t.test(`${name} is refused without a request`, async (t) => {
    t.match(await run(t, url, { allowedEndpoints: ['http://127.0.0.1:*'] }), {
      kind: 'failure',
      source: 'endpoint',
      status: 'permission_denied',
      message: want,
    })
  })
}

t.test('connections are kept', async (t) => {
  const { url, received } = await serve(t, answerWith(200, { 'content-type': 'application/proto' }, RESPONSE))
  const transport = createHttpTransport()
  t.teardown(() => transport.close())
  for (let index = 0; index < 5; index++) {
    await transport.endpointOf(url).run(REQUEST, new AbortController().signal)
  }
  // A second one may be opened while the first is being cleared.
  t.ok(new Set(received.map(({ message }) => message.socket)).size <= 2)
})

t.test('a malformed key is named', async (t) => {
  t.throws(() => createHttpTransport({ signingKey: 'abc' }), {
    name: 'TypeError',
    message: /^option signingKey: /,
  })
})

async function run(
  t: Test,
  url: string,
  options: HttpTransportOptions = {},
  signal: AbortSignal = new AbortController().signal,
  request: RunRequest = REQUEST,
) {
  const transport = createHttpTransport(options)
  t.teardown(() => transport.close())
  return await transport.endpointOf(url).run(request, signal)
}

function answerWith(
  status: number,
  headers: Record<string, string>,
  body: Uint8Array | string,
): RequestListener {
  return (_, response) => {
    response.writeHead(status, headers)
    response.end(body)
  }
}

/** Starts a server whose listener is called once a request has come in full. */
async function serve(
  t: Test,
  listener: RequestListener,
): Promise<{ url: string; received: ReceivedRequest[] }> {
  const received: ReceivedRequest[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    received.push({ message: request, body: Buffer.concat(chunks) })
    listener(request, response)
  })
  return { url: await listen(t, server), received }
}

async function listen(t: Test, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

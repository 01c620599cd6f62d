import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { codeOfStatus } from '@dispatch/protocol'
import {
  CANCEL_PATH,
  type Call,
  CallState,
  CancelRequestSchema,
  CancelResponseSchema,
  create,
  DISPATCH_PATH,
  DispatchRequestSchema,
  DispatchResponseSchema,
  fromBinary,
  GET_PATH,
  GetRequestSchema,
  GetResponseSchema,
  type Message,
  type MessageInit,
  type MessageSchema,
  RunRequestSchema,
  RunResponseSchema,
  toBinary,
  WAIT_PATH,
  WaitRequestSchema,
  WaitResponseSchema,
} from '@dispatch/protocol/messages'
import { generateKeyPair, verifyRequest } from '@dispatch/protocol/signature'
import { decodeValue, encodeValue } from '@dispatch/protocol/values'
import {
  RETRY_POLICY,
  type ServedScheduler,
  type ServeSchedulerOptions,
  serveScheduler,
} from '@dispatch/scheduler'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { callOf } from '../helpers/api-calls.js'

type CallInit = MessageInit<Call>

const APP = 'http://127.0.0.1:1'

t.test(
  'a call goes from an application through the scheduler to an endpoint, and its result back',
  async (t) => {
    const endpoint = await startEndpoint(t)
    const { url } = await start(t)
    const [id = ''] = await dispatch(url, [{ endpoint, function: 'greet', input: encodeValue('World') }])
    const { call } = await post(
      url,
      WAIT_PATH,
      WaitRequestSchema,
      { dispatchId: id, timeout: seconds(30) },
      WaitResponseSchema,
    )
    t.match(call, { dispatchId: id, state: CallState.DONE, status: 1, function: 'greet', endpoint })
    t.equal(call?.result?.output && decodeValue(call.result.output), 'hello World')
  },
)

t.test('Q01 a Dispatch of three calls is answered with three ids, in order', async (t) => {
  const { url } = await start(t)
  const calls = ['a', 'b', 'c'].map((name) => ({ endpoint: APP, function: name }))
  const ids = await dispatch(url, calls)
  t.equal(ids.length, 3)
  for (const [index, dispatchId] of ids.entries()) {
    const { call } = await post(url, GET_PATH, GetRequestSchema, { dispatchId }, GetResponseSchema)
    t.equal(call?.function, calls[index]?.function)
  }
  t.strictSame(await dispatch(url, []), [], 'and one of none with none')
})

const BAD_CALLS: { name: string; call: CallInit; want: RegExp }[] = [
  { name: 'without endpoint', call: { function: 'f' }, want: /^calls\[1\]\.endpoint: / },
  {
    name: 'with an endpoint of another scheme',
    call: { endpoint: 'ftp://x', function: 'f' },
    want: /^calls\[1\]\.endpoint: /,
  },
  {
    name: 'with a bad function name',
    call: { endpoint: APP, function: 'a-b' },
    want: /^calls\[1\]\.function: /,
  },
  {
    name: 'with a negative expiration',
    call: { endpoint: APP, function: 'f', expiration: seconds(-1) },
    want: /^calls\[1\]\.expiration: /,
  },
]

for (const { name, call, want } of BAD_CALLS) {
  t.test(`Q02 Q03 a call ${name} among good ones is named, and nothing is recorded`, async (t) => {
    const { url, scheduler } = await start(t)
    const calls = [{ endpoint: APP, function: 'f' }, call, { endpoint: APP, function: 'f' }]
    const answer = await send(url, DISPATCH_PATH, binary(DispatchRequestSchema, { calls }))
    t.equal(answer.status, 400)
    t.match(answer.json(), { code: 'invalid_argument', message: want })
    t.equal(scheduler.liveCalls, 0)
  })
}

const AUTHORIZATIONS: { name: string; authorization?: string; want: RegExp }[] = [
  { name: 'without a key', want: /^missing API key/ },
  { name: 'with another key', authorization: 'Bearer key-unknown', want: /^unknown API key$/ },
  { name: 'with the beginning of a key', authorization: 'Bearer key-number', want: /^unknown API key$/ },
  {
    name: 'with another scheme',
    authorization: 'Basic key-number-1',
    want: /^malformed Authorization header/,
  },
  { name: 'with an empty key', authorization: 'Bearer ', want: /^malformed Authorization header/ },
]

for (const { name, authorization, want } of AUTHORIZATIONS) {
  t.test(`Q04 a request ${name} is answered 401`, async (t) => {
    const { url, scheduler } = await start(t, { apiKeys: ['key-number-1', 'key-number-2'] })
    const body = binary(DispatchRequestSchema, { calls: [{ endpoint: APP, function: 'f' }] })
    for (const path of [DISPATCH_PATH, GET_PATH, WAIT_PATH, CANCEL_PATH]) {
      const answer = await send(url, path, body, authorization === undefined ? {} : { authorization })
      t.equal(answer.status, 401)
      t.match(answer.json(), { code: 'unauthenticated', message: want })
      t.equal(answer.headers['www-authenticate'], 'Bearer')
    }
    t.equal(scheduler.liveCalls, 0)
  })
}

t.test('Q04 each key of a list is good, however the scheme is written', async (t) => {
  const { url } = await start(t, { apiKeys: ['key-number-1', 'key-number-2'] })
  for (const authorization of ['Bearer key-number-1', 'bearer key-number-2']) {
    t.equal((await send(url, DISPATCH_PATH, new Uint8Array(), { authorization })).status, 200)
  }
})

t.test('a tenant neither sees nor cancels the calls of another', async (t) => {
  const { url } = await start(t, {
    apiKeys: { 'key-of-red': 'red', 'key-of-blue': 'blue', 'key-of-red-2': 'red' },
  })
  const headersOf = (key: string) => ({ authorization: `Bearer ${key}` })
  const [dispatchId = ''] = await dispatch(url, [{ endpoint: APP, function: 'f' }], headersOf('key-of-red'))
  const body = binary(GetRequestSchema, { dispatchId })
  for (const path of [GET_PATH, WAIT_PATH, CANCEL_PATH]) {
    t.equal((await send(url, path, body, headersOf('key-of-blue'))).status, 404)
  }
  t.equal((await send(url, GET_PATH, body, headersOf('key-of-red-2'))).status, 200)
})

t.test('a call that does not exist is 404', async (t) => {
  const { url } = await start(t)
  for (const path of [GET_PATH, WAIT_PATH, CANCEL_PATH]) {
    const answer = await send(url, path, binary(GetRequestSchema, { dispatchId: 'nobody' }))
    t.equal(answer.status, 404)
    t.match(answer.json(), {
      code: 'not_found',
      message: 'call "nobody" does not exist or is no longer retained',
    })
  }
})

t.test('Wait without a timeout responds immediately with the current state of the call', async (t) => {
  const { url } = await start(t)
  const [dispatchId = ''] = await dispatch(url, [{ endpoint: APP, function: 'f', delay: seconds(100) }])
  const { call } = await post(url, WAIT_PATH, WaitRequestSchema, { dispatchId }, WaitResponseSchema)
  t.match(call, { dispatchId, state: CallState.SCHEDULED })
})

t.test('a call is cancelled once', async (t) => {
  const { url } = await start(t)
  const [dispatchId = ''] = await dispatch(url, [{ endpoint: APP, function: 'f', delay: seconds(100) }])
  const cancel = () => post(url, CANCEL_PATH, CancelRequestSchema, { dispatchId }, CancelResponseSchema)
  t.match(await cancel(), { canceled: true, call: { dispatchId, state: CallState.DONE } })
  t.match(await cancel(), { canceled: false, call: { dispatchId, state: CallState.DONE } })
})

t.test('a request in JSON is answered in JSON', async (t) => {
  const { url } = await start(t)
  const body = JSON.stringify({
    calls: [{ endpoint: APP, function: 'f', input: { '@type': TYPE_STRING, value: 'x' } }],
  })
  const answer = await send(url, DISPATCH_PATH, Buffer.from(body), { 'content-type': 'application/json' })
  t.equal(answer.status, 200)
  t.equal(answer.headers['content-type'], 'application/json')
  t.match(answer.json(), { dispatchIds: [/^[0-9a-f-]{36}$/] })
})

t.test('a request may be compressed', async (t) => {
  const { url } = await start(t)
  const body = gzipSync(binary(DispatchRequestSchema, { calls: [{ endpoint: APP, function: 'f' }] }))
  const answer = await send(url, DISPATCH_PATH, body, { 'content-encoding': 'gzip' })
  t.equal(answer.status, 200)
  t.equal(fromBinary(DispatchResponseSchema, answer.body).dispatchIds.length, 1)
})

t.test('a scheduler that is full answers 429 and when to come again', async (t) => {
  const { url } = await start(t, { liveCallsMax: 1 })
  await dispatch(url, [{ endpoint: APP, function: 'f', delay: seconds(100) }])
  const answer = await send(
    url,
    DISPATCH_PATH,
    binary(DispatchRequestSchema, { calls: [{ endpoint: APP, function: 'f' }] }),
  )
  t.equal(answer.status, 429)
  t.match(answer.json(), { code: 'resource_exhausted' })
  t.equal(answer.headers['retry-after'], '10', 'none of its calls has ended lately')
})

const REFUSED: {
  name: string
  path?: string
  method?: 'GET'
  body?: Uint8Array
  headers?: Record<string, string>
  want: object
}[] = [
  {
    name: 'an unknown path',
    path: '/dispatch.sdk.v1.DispatchService/X',
    want: { status: 404, code: 'not_found' },
  },
  { name: 'a GET', method: 'GET', want: { status: 405, code: 'unimplemented' } },
  {
    name: 'a body that is not a message',
    body: Buffer.from('ffffff', 'hex'),
    want: { status: 400, code: 'invalid_argument' },
  },
  {
    name: 'a body that is too large',
    body: new Uint8Array(1_001),
    want: { status: 400, message: 'content length is too large' },
  },
  {
    name: 'a body that is too large once decompressed',
    body: gzipSync(new Uint8Array(100_000)),
    headers: { 'content-encoding': 'gzip' },
    want: { status: 400, message: /^content length is too large/ },
  },
  {
    name: 'an unknown compression',
    headers: { 'content-encoding': 'br' },
    want: { status: 501, code: 'unimplemented' },
  },
  {
    name: 'a page of another origin',
    headers: { origin: 'http://evil.example' },
    want: { status: 401, message: /other origins/ },
  },
  {
    name: 'a page without origin',
    headers: { origin: 'null' },
    want: { status: 401, message: /other origins/ },
  },
  {
    name: 'a name that is not local',
    headers: { host: 'evil.example:80' },
    want: { status: 401, message: /requests for local host names/ },
  },
]

for (const { name, path = DISPATCH_PATH, method, body = new Uint8Array(), headers, want } of REFUSED) {
  t.test(`${name} is refused`, async (t) => {
    const { url } = await start(t, { bodyBytesMax: 1_000 })
    const answer = await send(url, path, body, headers, method)
    t.match({ status: answer.status, ...answer.json() }, want)
  })
}

t.test('a body without length is read no further than its limit', async (t) => {
  const { url } = await start(t, { bodyBytesMax: 100_000 })
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(`POST ${DISPATCH_PATH} HTTP/1.1\r\nhost: ${hostname}\r\ntransfer-encoding: chunked\r\n\r\n`)
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  socket.write(chunk + chunk)
  const [answer] = await once(socket, 'data')
  t.match(String(answer), /^HTTP\/1\.1 400 [\s\S]*connection: close[\s\S]*content length is too large/i)
  socket.destroy()
})

t.test('a page of the scheduler itself may use it', async (t) => {
  const { url } = await start(t)
  t.equal((await send(url, DISPATCH_PATH, new Uint8Array(), { origin: url })).status, 200)
})

t.test('a call to an endpoint that is not allowed is refused before it is recorded', async (t) => {
  const { url, scheduler } = await start(t, { allowedEndpoints: ['https://app.example.com'] })
  const calls = [
    { endpoint: 'https://app.example.com/x', function: 'f', delay: seconds(100) },
    { endpoint: 'https://app.example.com@evil.example', function: 'f' },
  ]
  const answer = await send(url, DISPATCH_PATH, binary(DispatchRequestSchema, { calls }))
  t.equal(answer.status, 403)
  t.match(answer.json(), { code: 'permission_denied', message: /^calls\[1\]\.endpoint: / })
  t.equal(scheduler.liveCalls, 0)
})

t.test(
  'closing answers pending waits with the current state of the call, and health checks report it',
  async (t) => {
    const served = await start(t)
    const { url } = served
    t.match(await health(url), { status: 200, body: '{"status":"ok"}' })
    const [dispatchId = ''] = await dispatch(url, [{ endpoint: APP, function: 'f', delay: seconds(100) }])
    const waiting = post(
      url,
      WAIT_PATH,
      WaitRequestSchema,
      { dispatchId, timeout: seconds(50) },
      WaitResponseSchema,
    )
    // The request has arrived once another one, sent later on a connection of its own, has been answered.
    await health(url)
    await served.close(0)
    t.match(await waiting, { call: { dispatchId, state: CallState.SCHEDULED } })
    await t.rejects(health(url))
    await served.close()
  },
)

t.test('Q21 Q24 an endpoint that responds with 503 is retried, each time with a new signature', async (t) => {
  const { publicKey, privateKey } = generateKeyPair()
  const verdicts: unknown[] = []
  const endpoint = await startEndpoint(t, ({ method = '', url: path = '', headers }, body, response) => {
    const verifiable = { method, path, authority: headers.host ?? '', headers, body }
    verdicts.push(verifyRequest(verifiable, [publicKey], Date.now()))
    if (verdicts.length <= 2) response.writeHead(503).end()
    else greet(body, response)
  })
  const retryPolicy = { ...RETRY_POLICY, delayMsMin: 1, delayMsMax: 5 }
  const { url } = await start(t, { signingKey: privateKey, retryPolicy })
  const [dispatchId = ''] = await dispatch(url, [{ endpoint, function: 'greet' }])
  const { call } = await post(
    url,
    WAIT_PATH,
    WaitRequestSchema,
    { dispatchId, timeout: seconds(30) },
    WaitResponseSchema,
  )
  t.match(call, { state: CallState.DONE, status: 1, attempt: 3 })
  t.strictSame(verdicts, [undefined, undefined, undefined])
})

t.test('Q22 an endpoint that responds with 501 is not retried', async (t) => {
  let runs = 0
  const endpoint = await startEndpoint(t, (_, __, response) => {
    runs++
    response.writeHead(501).end()
  })
  const { url } = await start(t)
  const [dispatchId = ''] = await dispatch(url, [{ endpoint, function: 'greet' }])
  const { call } = await post(
    url,
    WAIT_PATH,
    WaitRequestSchema,
    { dispatchId, timeout: seconds(30) },
    WaitResponseSchema,
  )
  t.match(call, { state: CallState.DONE, status: codeOfStatus('permanent'), attempt: 1 })
  t.equal(runs, 1)
})

t.test('calls exist after a restart and continue', async (t) => {
  const endpoint = await startEndpoint(t)
  const store = join(t.testdir(), 'dispatch.db')
  const first = await start(t, { store })
  const delay = { seconds: 0n, nanos: 300_000_000 }
  const [dispatchId = ''] = await dispatch(first.url, [
    { endpoint, function: 'greet', input: encodeValue('you'), delay },
  ])
  await first.close(0)
  const { url } = await start(t, { store })
  const { call } = await post(
    url,
    WAIT_PATH,
    WaitRequestSchema,
    { dispatchId, timeout: seconds(30) },
    WaitResponseSchema,
  )
  t.match(call, { state: CallState.DONE, status: 1 })
})

const MISUSES: { name: string; options: Partial<ServeSchedulerOptions>; want: RegExp }[] = [
  {
    name: 'an open address without keys',
    options: { host: '0.0.0.0' },
    want: /^option apiKeys: expected at least one key/,
  },
  {
    name: 'an open address without a list of endpoints',
    options: { host: '::', apiKeys: ['key-number-1'] },
    want: /^option allowedEndpoints: expected the URLs/,
  },
  {
    name: 'an empty list of keys',
    options: { apiKeys: [] },
    want: /^option apiKeys: expected at least one key/,
  },
  {
    name: 'a key that can be guessed',
    options: { apiKeys: ['key'] },
    want: /^option apiKeys: .* key 1 is not one$/,
  },
  {
    name: 'a malformed endpoint',
    options: { allowedEndpoints: ['example.com'] },
    want: /^allowedEndpoints\[0\]: /,
  },
  { name: 'a malformed signing key', options: { signingKey: 'x' }, want: /^option signingKey: / },
]

for (const { name, options, want } of MISUSES) {
  t.test(`${name} is a TypeError that names the option`, async (t) => {
    const served = serveScheduler({ store: ':memory:', port: 0, ...options })
    await t.rejects(served, { name: 'TypeError', message: want })
  })
}

t.test('an address in use is a DispatchError, and the store is released', async (t) => {
  const store = join(t.testdir(), 'dispatch.db')
  const port = Number(new URL((await start(t)).url).port)
  await t.rejects(serveScheduler({ store, port }), {
    status: 'permanent',
    message: /cannot listen on 127\.0\.0\.1:/,
  })
  await start(t, { store })
})

const TYPE_STRING = 'type.googleapis.com/google.protobuf.StringValue'

interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Uint8Array
  json(): Record<string, unknown>
}

async function start(t: Test, options: Partial<ServeSchedulerOptions> = {}): Promise<ServedScheduler> {
  const served = await serveScheduler({ store: ':memory:', port: 0, ...options })
  t.teardown(() => served.close(0))
  return served
}

type EndpointListener = (incoming: IncomingMessage, body: Uint8Array, response: ServerResponse) => void

/** An application; by default one with one function, which greets. */
async function startEndpoint(
  t: Test,
  listener: EndpointListener = (_, body, response) => greet(body, response),
): Promise<string> {
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    listener(incoming, Buffer.concat(chunks), response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function greet(body: Uint8Array, response: ServerResponse): void {
  const { directive } = fromBinary(RunRequestSchema, body)
  const name = directive.case === 'input' ? decodeValue(directive.value) : ''
  const result = { output: encodeValue(`hello ${name}`) }
  response.setHeader('content-type', 'application/proto')
  response.end(binary(RunResponseSchema, { status: 1, directive: { case: 'exit', value: { result } } }))
}

async function send(
  url: string,
  path: string,
  body: Uint8Array,
  headers: Record<string, string> = {},
  method: 'GET' | 'POST' = 'POST',
): Promise<Answer> {
  const answer = await request(url + path, {
    method,
    headers: { 'content-type': 'application/proto', ...headers },
    body: method === 'GET' ? null : body,
  })
  const bytes = await answer.body.bytes()
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: bytes,
    json: () => JSON.parse(Buffer.from(bytes).toString()),
  }
}

async function post<Input extends Message, Output extends Message>(
  url: string,
  path: string,
  input: MessageSchema<Input>,
  init: MessageInit<Input>,
  output: MessageSchema<Output>,
  headers?: Record<string, string>,
): Promise<Output> {
  const answer = await send(url, path, binary(input, init), headers)
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status} ${Buffer.from(answer.body)}`)
  return fromBinary(output, answer.body)
}

async function dispatch(url: string, calls: CallInit[], headers?: Record<string, string>): Promise<string[]> {
  const { dispatchIds } = await post(
    url,
    DISPATCH_PATH,
    DispatchRequestSchema,
    { calls },
    DispatchResponseSchema,
    headers,
  )
  return dispatchIds
}

async function health(url: string): Promise<{ status: number; body: string }> {
  const answer = await request(`${url}/health`)
  return { status: answer.statusCode, body: await answer.body.text() }
}

function binary<Shape extends Message>(schema: MessageSchema<Shape>, init: MessageInit<Shape>): Uint8Array {
  return toBinary(schema, create(schema, init))
}

function seconds(count: number) {
  return { seconds: BigInt(count), nanos: 0 }
}

const MALFORMED: readonly { name: string; options: object; says: RegExp }[] = [
  ...[
    'runMsMax',
    'bodyMsMax',
    'answerMsMax',
    'requestsMax',
    'requestBytesMax',
    'bodyBytesMax',
    'retentionMs',
    'liveCallsMax',
    'waitersMax',
    'port',
  ].map((name) => ({
    name,
    options: { [name]: '30' },
    says: new RegExp(`^option ${name}: expected an integer from .* got "30"`),
  })),
  {
    name: 'a duration longer than the timers of Node.js support',
    options: { answerMsMax: 2 ** 40 },
    says: /^option answerMsMax: /,
  },
  {
    name: 'an empty signing key',
    options: { signingKey: '' },
    says: /^option signingKey: .*leave the option out/,
  },
  { name: 'no store', options: { store: undefined }, says: /^option store: .*got undefined/ },
]
for (const { name, options, says } of MALFORMED) {
  t.test(`an option that is malformed is refused by name: ${name}`, async (t) => {
    await t.rejects(serveScheduler({ store: ':memory:', port: 0, ...options }), {
      name: 'TypeError',
      message: says,
    })
  })
}

t.test('a second close waits as long as the first', async (t) => {
  const endpoint = createServer()
  await once(endpoint.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => endpoint.close())
  const { port } = endpoint.address() as AddressInfo
  const served = await serveScheduler({ store: ':memory:', port: 0 })
  const asked = once(endpoint, 'request')
  await served.scheduler.dispatch([callOf('f', { endpoint: `http://127.0.0.1:${port}` })])
  const [, response] = (await asked) as [IncomingMessage, ServerResponse]
  const over: string[] = []
  const closed = ['first', 'second'].map((who) => served.close().then(() => over.push(who)))
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
  t.strictSame(over, [], 'while a run goes on')
  response.writeHead(503).end()
  await Promise.all(closed)
  t.equal(served.scheduler.liveCalls, 1)
})

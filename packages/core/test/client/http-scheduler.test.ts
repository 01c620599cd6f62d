import { Dispatch, func } from '@dispatch/core'
import type { Scheduler } from '@dispatch/protocol'
import {
  type Call,
  CallInfoSchema,
  CallSchema,
  CallState,
  CancelRequestSchema,
  CancelResponseSchema,
  create,
  DispatchRequestSchema,
  DispatchResponseSchema,
  fromBinary,
  GetRequestSchema,
  GetResponseSchema,
  type MessageSchema,
  toBinary,
  WaitRequestSchema,
  WaitResponseSchema,
} from '@dispatch/protocol/messages'
import { Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { createPoster } from '../../dist/client/http-post.js'
import { createHttpScheduler } from '../../dist/client/http-scheduler.js'
import { createLoopback, type LoopbackAnswer, type LoopbackRequest } from '../helpers/loopback.js'

/** A scheduler over HTTP with a clock that only its pauses advance. */
function createScheduler(t: Test, apiUrl: string): { scheduler: Scheduler; pausesMs: number[] } {
  const poster = createPoster()
  t.teardown(() => poster.close())
  const pausesMs: number[] = []
  let nowMs = 0
  let ids = 0
  const scheduler = createHttpScheduler({
    apiUrl,
    apiKey: { value: 'secret-key', source: 'option apiKey' },
    bodyBytesMax: 1_000_000,
    world: {
      poster,
      nowMs: () => nowMs,
      random: () => 0.5,
      sleep: async (ms) => {
        pausesMs.push(ms)
        nowMs += ms
      },
      createId: () => `id-${++ids}`,
    },
  })
  return { scheduler, pausesMs }
}

const CALL = create(CallSchema, { endpoint: 'http://example.com', function: 'function1' })

function ok(body: Uint8Array): LoopbackAnswer {
  return { status: 200, headers: { 'content-type': 'application/proto' }, body }
}

function failure(status: number, code: string, headers = {}): LoopbackAnswer {
  const body = JSON.stringify({ code, message: `because of ${code}` })
  return { status, headers: { 'content-type': 'application/json', ...headers }, body }
}

/** Answers like a scheduler that keeps the ids of the request. */
function keepIds({ body }: LoopbackRequest): LoopbackAnswer {
  const { calls } = fromBinary(DispatchRequestSchema, body)
  return ok(
    toBinary(
      DispatchResponseSchema,
      create(DispatchResponseSchema, { dispatchIds: calls.map((call) => call.dispatchId) }),
    ),
  )
}

function idsAnswer(...dispatchIds: string[]): LoopbackAnswer {
  return ok(toBinary(DispatchResponseSchema, create(DispatchResponseSchema, { dispatchIds })))
}

t.test('C01 a dispatch is one POST of a DispatchRequest', async (t) => {
  const loopback = await createLoopback(t, keepIds)
  const function1 = func('function1', { input: Type.Integer() }, async (n) => n)
  const dispatch = new Dispatch({
    functions: [function1],
    apiUrl: `${loopback.url}/`,
    apiKey: 'secret-key',
    endpointUrl: 'http://example.com',
    allowUnsigned: true,
    env: {},
  })
  t.teardown(() => dispatch.close())
  const handle = await dispatch.dispatch(function1, 11)
  const request = loopback.requests[0] as LoopbackRequest
  t.match(request, {
    method: 'POST',
    url: '/dispatch.sdk.v1.DispatchService/Dispatch',
    headers: {
      authorization: 'Bearer secret-key',
      'content-type': 'application/proto',
      'connect-protocol-version': '1',
    },
  })
  const message = fromBinary(DispatchRequestSchema, request.body)
  const [call] = message.calls as [Call]
  t.match(call.dispatchId, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.equal(handle.id, call.dispatchId)
  call.dispatchId = ''
  t.equal(
    Buffer.from(toBinary(DispatchRequestSchema, message)).toString('hex'),
    '0a551212687474703a2f2f6578616d706c652e636f6d1a0966756e6374696f6e3122340a2e747970652e676f6f676c65617069732e636f6d' +
      '2f676f6f676c652e70726f746f6275662e496e74363456616c75651202080b',
  )
})

t.test('C10 the ids of the answer are returned in order', async (t) => {
  const loopback = await createLoopback(t, () => ok(Buffer.from('0a01300a0131', 'hex')))
  t.strictSame(await createScheduler(t, loopback.url).scheduler.dispatch([CALL, CALL]), ['0', '1'])
})

t.test('no calls make no request', async (t) => {
  const loopback = await createLoopback(t, keepIds)
  t.strictSame(await createScheduler(t, loopback.url).scheduler.dispatch([]), [])
  t.equal(loopback.requests.length, 0)
})

const keySources = [
  {
    name: 'by option, which takes precedence',
    options: { apiKey: 'opt-secret' },
    env: { DISPATCH_API_KEY: 'env-secret' },
    want: 'opt******** of option apiKey',
  },
  {
    name: 'by environment',
    options: {},
    env: { DISPATCH_API_KEY: 'env-secret' },
    want: 'env******** of DISPATCH_API_KEY',
  },
]
for (const { name, options, env, want } of keySources) {
  t.test(`C03 an error about an invalid key, ${name}, names its source and does not show it`, async (t) => {
    const loopback = await createLoopback(t, () => failure(401, 'unauthenticated'))
    const fn = func('f', async () => null)
    const dispatch = new Dispatch({
      functions: [fn],
      apiUrl: loopback.url,
      endpointUrl: 'bridge://x',
      ...options,
      env,
    })
    t.teardown(() => dispatch.close())
    await t.rejects(dispatch.dispatch(fn), {
      name: 'UnauthenticatedError',
      message: `the scheduler at ${loopback.url} does not accept the API key ${want}: because of unauthenticated`,
    })
    t.equal(loopback.requests.length, 1)
  })
}

const repeated: readonly { name: string; first: LoopbackAnswer; wantPausesMs: number[] }[] = [
  { name: '503', first: failure(503, 'unavailable'), wantPausesMs: [50, 100] },
  {
    name: '429 with Retry-After',
    first: failure(429, 'resource_exhausted', { 'retry-after': '2' }),
    wantPausesMs: [2000, 2000],
  },
  { name: '503 of a proxy', first: { status: 503, body: '<html>' }, wantPausesMs: [50, 100] },
  { name: 'a lost answer', first: 'drop', wantPausesMs: [50, 100] },
]
for (const { name, first, wantPausesMs } of repeated) {
  t.test(`after ${name} the request is repeated with the same ids`, async (t) => {
    const loopback = await createLoopback(t, (request, index) => (index < 2 ? first : keepIds(request)))
    const { scheduler, pausesMs } = createScheduler(t, loopback.url)
    t.strictSame(await scheduler.dispatch([CALL]), ['id-1'])
    t.strictSame(pausesMs, wantPausesMs)
    t.equal(loopback.requests.length, 3)
    t.ok(loopback.requests.every(({ body }) => body.equals(loopback.requests[0]?.body as Buffer)))
  })
}

t.test(
  'a request to a scheduler that stays full is repeated a few times, then rejected with retryAfterMs',
  async (t) => {
    const full = failure(429, 'resource_exhausted', { 'retry-after': '4' })
    const loopback = await createLoopback(t, () => full)
    const { scheduler, pausesMs } = createScheduler(t, loopback.url)
    await t.rejects(scheduler.dispatch([CALL]), {
      message: /resource_exhausted/,
      status: 'throttled',
      retryAfterMs: 4_000,
    })
    t.strictSame(pausesMs, [4_000, 4_000, 4_000], 'no longer than 15 seconds')
  },
)

const notRepeated = [
  { status: 400, code: 'invalid_argument', want: 'invalid_argument' },
  { status: 403, code: 'permission_denied', want: 'permission_denied' },
  { status: 500, code: 'internal', want: 'temporary' },
]
for (const { status, code, want } of notRepeated) {
  t.test(`after ${status} the request is not repeated`, async (t) => {
    const loopback = await createLoopback(t, () => failure(status, code))
    await t.rejects(createScheduler(t, loopback.url).scheduler.dispatch([CALL]), {
      status: want,
      message: `because of ${code}`,
    })
    t.equal(loopback.requests.length, 1)
  })
}

t.test(
  'after a lost answer of a scheduler that assigns ids of its own the request is not repeated: it would record twice',
  async (t) => {
    const loopback = await createLoopback(t, (_request, index) => (index === 0 ? idsAnswer('0') : 'drop'))
    const { scheduler } = createScheduler(t, loopback.url)
    await scheduler.dispatch([CALL])
    await t.rejects(scheduler.dispatch([CALL]), { status: 'tcp', message: /cannot be reached/ })
    t.equal(loopback.requests.length, 2)
  },
)

t.test('repeats are bounded by count and time', async (t) => {
  const loopback = await createLoopback(t, () => failure(503, 'unavailable'))
  await t.rejects(createScheduler(t, loopback.url).scheduler.dispatch([CALL]), {
    message: 'because of unavailable',
  })
  t.equal(loopback.requests.length, 7)
})

t.test('a Retry-After that is too long is passed to the caller', async (t) => {
  const loopback = await createLoopback(t, () => failure(503, 'unavailable', { 'retry-after': '3600' }))
  await t.rejects(createScheduler(t, loopback.url).scheduler.dispatch([CALL]), {
    message: 'because of unavailable',
    retryAfterMs: 3_600_000,
  })
  t.equal(loopback.requests.length, 1)
})

t.test('an unreachable scheduler is an error that names it, after several attempts', async (t) => {
  const { scheduler, pausesMs } = createScheduler(t, 'http://localhost:1')
  await t.rejects(scheduler.dispatch([CALL]), {
    status: 'tcp',
    message: /^the scheduler at http:\/\/localhost:1 cannot be reached: .*ECONNREFUSED/,
  })
  t.equal(pausesMs.length, 6)
})

const unreadable: readonly { name: string; answer: LoopbackAnswer; want: RegExp }[] = [
  { name: 'not a message', answer: ok(Buffer.from('ffffff', 'hex')), want: /^unreadable answer/ },
  { name: 'short of ids', answer: idsAnswer(), want: /expected 1 ids for as many calls, got 0/ },
  {
    name: 'an HTML page',
    answer: { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' },
    want: /content type "text\/html"/,
  },
]
for (const { name, answer, want } of unreadable) {
  t.test(`an answer that is ${name} is invalid_response`, async (t) => {
    const loopback = await createLoopback(t, () => answer)
    await t.rejects(createScheduler(t, loopback.url).scheduler.dispatch([CALL]), {
      status: 'invalid_response',
      message: want,
    })
  })
}

t.test('an answer larger than the limit is not read', async (t) => {
  const loopback = await createLoopback(t, () => ok(Buffer.alloc(1_000_001)))
  const { scheduler } = createScheduler(t, loopback.url)
  await t.rejects(scheduler.get('x'), { status: 'invalid_response', message: /longer than 1000000 bytes/ })
})

const INFO = create(CallInfoSchema, { dispatchId: 'x', state: CallState.DONE, status: 1, attempt: 2 })
const questions = [
  {
    name: 'Get',
    ask: (scheduler: Scheduler) => scheduler.get('x'),
    answer: toBinary(GetResponseSchema, create(GetResponseSchema, { call: INFO })),
    want: create(GetRequestSchema, { dispatchId: 'x' }),
    schema: GetRequestSchema,
  },
  {
    name: 'Wait',
    ask: (scheduler: Scheduler) => scheduler.wait('x', 1500),
    answer: toBinary(WaitResponseSchema, create(WaitResponseSchema, { call: INFO })),
    want: create(WaitRequestSchema, { dispatchId: 'x', timeout: { seconds: 1n, nanos: 500_000_000 } }),
    schema: WaitRequestSchema,
  },
  {
    name: 'Cancel',
    ask: (scheduler: Scheduler) => scheduler.cancel('x'),
    answer: toBinary(CancelResponseSchema, create(CancelResponseSchema, { call: INFO })),
    want: create(CancelRequestSchema, { dispatchId: 'x' }),
    schema: CancelRequestSchema,
  },
]
for (const { name, ask, answer, want, schema } of questions) {
  t.test(`${name} requests a call`, async (t) => {
    const loopback = await createLoopback(t, () => ok(answer))
    t.match(await ask(createScheduler(t, loopback.url).scheduler), { dispatchId: 'x', attempt: 2 })
    const request = loopback.requests[0] as LoopbackRequest
    t.equal(request.url, `/dispatch.api.v1.CallService/${name}`)
    t.strictSame(fromBinary(schema as MessageSchema, request.body), want)
  })

  t.test(`${name} of a call that does not exist is undefined`, async (t) => {
    const loopback = await createLoopback(t, () => failure(404, 'not_found'))
    t.equal(await ask(createScheduler(t, loopback.url).scheduler), undefined)
  })

  t.test(`${name} of a scheduler that does not serve it is an error that names it`, async (t) => {
    const loopback = await createLoopback(t, () => ({ status: 404, body: 'Not Found' }))
    await t.rejects(ask(createScheduler(t, loopback.url).scheduler), {
      status: 'not_found',
      message: new RegExp(`does not serve dispatch\\.api\\.v1\\.CallService/${name}: it accepts calls, but`),
    })
  })
}

t.test('a wait ends with its signal', async (t) => {
  const aborter = new AbortController()
  const loopback = await createLoopback(t, () => {
    aborter.abort(new Error('enough'))
    return new Promise<never>(() => undefined)
  })
  const { scheduler } = createScheduler(t, loopback.url)
  await t.rejects(scheduler.wait('x', 60_000, aborter.signal), { message: 'enough' })
  t.equal(loopback.requests.length, 1)
})

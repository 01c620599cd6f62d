import { gzipSync } from 'node:zlib'
import { codeOfStatus } from '@dispatch/protocol'
import { parseUnaryResponse, UnaryError, type UnaryHeaders, unaryHeaders } from '@dispatch/protocol/connect'
import { create, RunRequestSchema, RunResponseSchema, toBinary } from '@dispatch/protocol/messages'
import t from 'tap'

t.test('headers of a request', async (t) => {
  t.strictSame(unaryHeaders(), { 'content-type': 'application/proto', 'connect-protocol-version': '1' })
  t.strictSame(unaryHeaders({ timeoutMs: 1500.2, apiKey: 'k', userAgent: 'u' }), {
    'content-type': 'application/proto',
    'connect-protocol-version': '1',
    'connect-timeout-ms': '1501',
    authorization: 'Bearer k',
    'user-agent': 'u',
  })
  t.match(unaryHeaders({ timeoutMs: Number.POSITIVE_INFINITY }), { 'connect-timeout-ms': '9999999999' })
  t.match(unaryHeaders({ timeoutMs: -1 }), { 'connect-timeout-ms': '0' })
})

t.test('an answer is read by its content type', async (t) => {
  const message = create(RunResponseSchema, { status: codeOfStatus('throttled') })
  const binary = toBinary(RunResponseSchema, message)
  const json = Buffer.from('{"status":"STATUS_THROTTLED","new":1}')
  const cases = [
    { headers: { 'content-type': 'application/proto' }, body: binary },
    { headers: { 'content-type': 'application/proto; charset=utf-8' }, body: binary },
    { headers: { 'content-type': 'application/octet-stream' }, body: binary },
    { headers: {}, body: binary },
    { headers: { 'content-type': 'application/json' }, body: json },
    { headers: { 'content-encoding': 'gzip' }, body: gzipSync(binary) },
  ]
  for (const { headers, body } of cases) {
    const parsed = parseUnaryResponse(200, headers, body, RunResponseSchema)
    t.equal(parsed.status, message.status, JSON.stringify(headers))
  }
})

t.test('an answer that failed is thrown with code, status and delay', async (t) => {
  const json = { 'content-type': 'application/json' }
  const nowMs = Date.parse('Sun, 06 Nov 1994 08:49:30 GMT')
  const cases = [
    {
      name: 'a Connect error',
      answer: [429, { ...json, 'retry-after': '3' }, '{"code":"resource_exhausted","message":"no room"}'],
      want: {
        code: 'resource_exhausted',
        status: 'throttled',
        message: 'no room',
        httpStatus: 429,
        retryAfterMs: 3000,
      },
    },
    {
      name: 'a Connect error with a charset',
      answer: [
        404,
        { 'content-type': 'application/json; charset=utf-8' },
        '{"code":"not_found","message":"x"}',
      ],
      want: { code: 'not_found', status: 'not_found', message: 'x' },
    },
    {
      name: 'a Connect error without a message',
      answer: [503, json, '{"code":"unavailable"}'],
      want: { code: 'unavailable', status: 'temporary', message: 'HTTP 503' },
    },
    {
      name: 'a page of a proxy',
      answer: [502, { 'content-type': 'text/html' }, '<html>'],
      want: { code: 'unavailable', status: 'temporary', message: /HTTP 502.*text\/html/ },
    },
    {
      name: 'a proxy that is busy, until a date',
      answer: [503, { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }, ''],
      want: { code: 'unavailable', status: 'temporary', retryAfterMs: 7000 },
    },
    { name: 'a bare 400', answer: [400, {}, ''], want: { code: 'internal', status: 'invalid_argument' } },
    {
      name: 'a bare 401',
      answer: [401, {}, 'no'],
      want: { code: 'unauthenticated', status: 'unauthenticated' },
    },
    {
      name: 'an empty 403',
      answer: [403, {}, ''],
      want: { code: 'permission_denied', status: 'permission_denied' },
    },
    { name: 'a bare 404', answer: [404, {}, ''], want: { code: 'unimplemented', status: 'not_found' } },
    { name: 'a bare 409', answer: [409, {}, ''], want: { code: 'unknown', status: 'permanent' } },
    { name: 'a bare 429', answer: [429, {}, ''], want: { code: 'unavailable', status: 'throttled' } },
    { name: 'a redirect', answer: [302, {}, ''], want: { code: 'unknown', status: 'permanent' } },
    { name: 'another success', answer: [204, {}, ''], want: { code: 'unknown', status: 'invalid_response' } },
    {
      name: 'JSON of a framework',
      answer: [500, json, '{"statusCode":500,"code":"FST_ERR","message":"oh"}'],
      want: { code: 'unknown', status: 'temporary', message: 'oh' },
    },
    {
      name: 'JSON that is a list',
      answer: [500, json, '[]'],
      want: { code: 'unknown', status: 'temporary' },
    },
    { name: 'JSON that is not', answer: [500, json, '{'], want: { code: 'unknown', status: 'temporary' } },
    {
      name: 'JSON that is null',
      answer: [500, json, 'null'],
      want: { code: 'unknown', status: 'temporary' },
    },
    {
      name: 'an unreadable success',
      answer: [200, { 'content-type': 'application/proto' }, '\xff'],
      want: { code: 'internal', status: 'invalid_response', message: /^unreadable answer: / },
    },
    {
      name: 'a success of another type',
      answer: [200, { 'content-type': 'text/html' }, '<html>'],
      want: { code: 'internal', status: 'invalid_response', message: /text\/html/ },
    },
    {
      name: 'a success of unknown compression',
      answer: [200, { 'content-encoding': 'br' }, ''.padEnd(3)],
      want: { code: 'internal', status: 'invalid_response', message: /br/ },
    },
  ] satisfies { name: string; answer: [number, UnaryHeaders, string]; want: object }[]
  for (const { name, answer, want } of cases) {
    const [status, headers, body] = answer
    const error = t.throws(
      () => parseUnaryResponse(status, headers, Buffer.from(body, 'latin1'), RunResponseSchema, { nowMs }),
      want,
      name,
    )
    t.ok(error instanceof UnaryError, name)
  }
  const bomb = gzipSync(toBinary(RunRequestSchema, create(RunRequestSchema, { function: 'a'.repeat(1000) })))
  t.throws(
    () =>
      parseUnaryResponse(200, { 'content-encoding': 'gzip' }, bomb, RunRequestSchema, { bodyBytesMax: 1000 }),
    { message: /unreadable.*1000 bytes/ },
  )
})

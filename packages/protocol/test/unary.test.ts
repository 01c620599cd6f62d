import { gunzipSync, gzipSync } from 'node:zlib'
import { create, fromBinary, fromJsonString, toBinary, toJsonString } from '@bufbuild/protobuf'
import { anyPack, anyUnpack, StringValueSchema, type Value, ValueSchema } from '@bufbuild/protobuf/wkt'
import {
  BODY_BYTES_MAX,
  CONNECT_CODES,
  type ConnectCode,
  checkHead,
  codeOfStatus,
  connectCodeOfStatus,
  connectTimeoutMsOf,
  DispatchError,
  errorResponse,
  type FailureStatus,
  isRetryable,
  parseUnaryResponse,
  type RunRequest,
  RunRequestSchema,
  type RunResponse,
  RunResponseSchema,
  type ServeUnaryOptions,
  STATUSES,
  serveUnary,
  TYPE_REGISTRY,
  UnaryError,
  type UnaryHeaders,
  type UnaryResponse,
  unaryHeaders,
} from '@dispatch/protocol'
import fc from 'fast-check'
import t from 'tap'

const LIMITS = { bodyBytesMax: BODY_BYTES_MAX, lengthRequired: true }
const REQUEST = create(RunRequestSchema, {
  function: 'greet',
  directive: {
    case: 'input',
    value: anyPack(StringValueSchema, create(StringValueSchema, { value: 'World' })),
  },
})
const BINARY = toBinary(RunRequestSchema, REQUEST)

/** Answers with the input, as the state of an exit. */
async function echo(request: RunRequest): Promise<RunResponse> {
  const output = request.directive.case === 'input' ? request.directive.value : undefined
  return create(RunResponseSchema, {
    status: codeOfStatus('ok'),
    directive: { case: 'exit', value: { result: output === undefined ? {} : { output } } },
  })
}

function serve(
  headers: UnaryHeaders,
  body: Uint8Array,
  handle: (request: RunRequest) => Promise<RunResponse> = echo,
  options: ServeUnaryOptions<typeof RunResponseSchema> = {},
): Promise<UnaryResponse> {
  const request = { method: 'POST', path: '/dispatch.sdk.v1.FunctionService/Run', headers, body }
  return serveUnary(request, RunRequestSchema, RunResponseSchema, handle, options)
}

function errorOf(response: UnaryResponse | undefined) {
  return {
    status: response?.status,
    type: response?.headers['content-type'],
    error: JSON.parse(Buffer.from(response?.body ?? []).toString()) as unknown,
  }
}

function textOf(response: RunResponse): string | undefined {
  const output = response.directive.case === 'exit' ? response.directive.value.result?.output : undefined
  return output && anyUnpack(output, StringValueSchema)?.value
}

t.test('a head that is refused before the body is read', async (t) => {
  const length = { 'content-length': '1' }
  const cases = [
    {
      name: 'E01 no body and no length',
      headers: {},
      want: { status: 400, code: 'invalid_argument', message: 'content length is required' },
    },
    {
      name: 'E01 a length of 0',
      headers: { 'content-length': '0' },
      want: { status: 400, code: 'invalid_argument', message: 'content length is required' },
    },
    {
      name: 'E02 a length above the limit',
      headers: { 'content-length': '16000001' },
      want: { status: 400, code: 'invalid_argument', message: 'content length is too large' },
    },
    {
      name: 'a length of astronomic size',
      headers: { 'content-length': '9'.repeat(400) },
      want: { status: 400, code: 'invalid_argument', message: 'content length is too large' },
    },
    {
      name: 'a negative length',
      headers: { 'content-length': '-1' },
      want: { status: 400, code: 'invalid_argument', message: 'content length is negative' },
    },
    {
      name: 'a length that is no number',
      headers: { 'content-length': ['1', '2'] },
      want: { status: 400, code: 'invalid_argument', message: 'content length is not a number' },
    },
    {
      name: 'E12 another version of the protocol',
      headers: { ...length, 'connect-protocol-version': '2' },
      want: {
        status: 400,
        code: 'invalid_argument',
        message: 'connect-protocol-version must be "1": got "2"',
      },
    },
    ...['12345678901', 'soon', '', '-1', '1.5'].map((timeout) => ({
      name: `E13 a timeout of "${timeout}"`,
      headers: { ...length, 'connect-timeout-ms': timeout },
      want: {
        status: 400,
        code: 'invalid_argument',
        message: `connect-timeout-ms must be a number of at most 10 digits: got "${timeout}"`,
      },
    })),
    {
      name: 'an unknown compression',
      headers: { ...length, 'content-encoding': 'br' },
      want: {
        status: 501,
        code: 'unimplemented',
        message: 'unknown compression "br": supported encodings are gzip,identity',
      },
    },
  ] satisfies { name: string; headers: UnaryHeaders; want: object }[]
  for (const { name, headers, want } of cases) {
    const { status, ...error } = want
    t.strictSame(
      errorOf(checkHead('POST', headers, LIMITS)),
      { status, type: 'application/json', error },
      name,
    )
  }
})

t.test('E07 another method is refused and the right one named', async (t) => {
  for (const method of ['GET', 'PUT', 'OPTIONS', 'HEAD', '']) {
    const response = checkHead(method, {}, LIMITS)
    t.match(response, { status: 405, headers: { allow: 'POST' } })
    t.match(errorOf(response), { error: { code: 'unimplemented' } })
  }
})

t.test('a head with which the body may be read', async (t) => {
  const length = { 'content-length': '1' }
  const cases = [
    { name: 'E03 a length at the limit', headers: { 'content-length': '16000000' } },
    { name: 'E14 a chunked body', headers: { 'transfer-encoding': 'chunked' } },
    { name: 'HTTP/2 without a length', headers: { ':method': 'POST' } },
    { name: 'no length where none is required', headers: {}, limits: { ...LIMITS, lengthRequired: false } },
    {
      name: 'length 0 where none is required',
      headers: { 'content-length': '0' },
      limits: { ...LIMITS, lengthRequired: false },
    },
    { name: 'protocol version 1', headers: { ...length, 'connect-protocol-version': '1' } },
    { name: 'a timeout of ten digits', headers: { ...length, 'connect-timeout-ms': '1234567890' } },
    { name: 'gzip', headers: { ...length, 'content-encoding': 'GZIP' } },
    { name: 'identity', headers: { ...length, 'content-encoding': 'identity' } },
    { name: 'no encoding', headers: { ...length, 'content-encoding': '' } },
    { name: 'any content type', headers: { ...length, 'content-type': 'text/plain' } },
  ]
  for (const { name, headers, limits = LIMITS } of cases) {
    t.equal(checkHead('POST', headers, limits), undefined, name)
  }
  t.equal(connectTimeoutMsOf({ 'connect-timeout-ms': '1500' }), 1500)
  t.equal(connectTimeoutMsOf({ 'connect-timeout-ms': 'soon' }), undefined)
  t.equal(connectTimeoutMsOf({}), undefined)
})

t.test('E23 an error is valid JSON with two keys, whatever its message', async (t) => {
  for (const message of ['say "hi"\n', '\u0000\u2028', '\ud800', '', 'ü€😀', '</script>']) {
    const response = errorResponse('internal', message, { 'x-a': 'b' })
    t.strictSame(errorOf(response), {
      status: 500,
      type: 'application/json',
      error: { code: 'internal', message },
    })
    t.equal(response.headers['content-length'], String(response.body.byteLength))
    t.equal(response.headers['x-a'], 'b')
  }
})

t.test('a body is read by its content type and answered in kind', async (t) => {
  const json = Buffer.from(toJsonString(RunRequestSchema, REQUEST, { registry: TYPE_REGISTRY }))
  const cases = [
    { name: 'E09 no content type', type: undefined, body: BINARY, want: 'application/proto' },
    { name: 'E10 application/proto', type: 'application/proto', body: BINARY, want: 'application/proto' },
    {
      name: 'application/x-protobuf',
      type: 'application/x-protobuf',
      body: BINARY,
      want: 'application/proto',
    },
    { name: 'octets', type: 'application/octet-stream', body: BINARY, want: 'application/proto' },
    {
      name: 'anything else',
      type: 'application/x-www-form-urlencoded',
      body: BINARY,
      want: 'application/proto',
    },
    { name: 'E11 application/json', type: 'application/json', body: json, want: 'application/json' },
    {
      name: 'JSON with a charset',
      type: 'Application/JSON; charset=utf-8',
      body: json,
      want: 'application/json',
    },
    {
      name: 'JSON of our own',
      type: 'application/vnd.dispatch.v1+json',
      body: json,
      want: 'application/vnd.dispatch.v1+json',
    },
    {
      name: 'JSON with a byte order mark and unknown fields',
      type: 'application/json',
      body: Buffer.from(`\ufeff{"new": 1, ${json.toString().slice(1)}`),
      want: 'application/json',
    },
  ]
  for (const { name, type, body, want } of cases) {
    const response = await serve({ 'content-type': type }, body)
    t.match(response, { status: 200, headers: { 'content-type': want } }, name)
    t.equal(response.headers['content-length'], String(response.body.byteLength))
    const isJson = want.endsWith('json')
    const message = isJson
      ? fromJsonString(RunResponseSchema, Buffer.from(response.body).toString(), { registry: TYPE_REGISTRY })
      : fromBinary(RunResponseSchema, response.body)
    t.equal(textOf(message), 'World', name)
  }
})

t.test('an empty body is an empty message', async (t) => {
  for (const headers of [{}, { 'content-type': 'application/json' }, { 'content-encoding': 'gzip' }]) {
    t.match(await serve(headers, new Uint8Array()), { status: 200 })
  }
})

t.test('a body that cannot be read is a 400 that says why', async (t) => {
  const json = { 'content-type': 'application/json' }
  const nested = (depth: number) =>
    `{"input":{"@type":"type.googleapis.com/google.protobuf.Value","value":${'['.repeat(depth)}${']'.repeat(depth)}}}`
  const cases = [
    { name: 'E06 no protobuf', headers: {}, body: 'ffffff', want: /^unmarshal message: / },
    { name: 'cut short', headers: {}, body: '0a05', want: /^unmarshal message: / },
    {
      name: 'groups nested for ever',
      headers: {},
      body: '9b06'.repeat(100_000),
      want: /^unmarshal message: /,
    },
    { name: 'no JSON', headers: json, body: hex('{'), want: /^unmarshal message: / },
    { name: 'JSON of another shape', headers: json, body: hex('[1]'), want: /^unmarshal message: / },
    { name: 'JSON that is not UTF-8', headers: json, body: '22ff22', want: /^unmarshal message: / },
    {
      name: 'JSON nested for ever',
      headers: json,
      body: hex(nested(1_000_000)),
      want: /^unmarshal message: .*depth/,
    },
    {
      name: 'JSON arrays for ever',
      headers: json,
      body: hex('['.repeat(1_000_000)),
      want: /^unmarshal message: /,
    },
    {
      name: 'JSON with a value of an unknown type',
      headers: json,
      body: hex('{"input":{"@type":"type.googleapis.com/a.B"}}'),
      want: /^unmarshal message: .*a\.B/,
    },
    { name: 'no gzip', headers: { 'content-encoding': 'gzip' }, body: 'ffff', want: /gzip/ },
    {
      name: 'gzip cut short',
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync(BINARY).subarray(0, 30).toString('hex'),
      want: /gzip/,
    },
    {
      name: 'a gzip bomb',
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync(Buffer.alloc(BODY_BYTES_MAX + 1)).toString('hex'),
      want: /too large.*16000000.*decompression/,
    },
  ]
  for (const { name, headers, body, want } of cases) {
    const response = await serve(headers, Buffer.from(body, 'hex'), () =>
      Promise.reject(new Error('reached')),
    )
    t.match(errorOf(response), { status: 400, error: { code: 'invalid_argument', message: want } }, name)
  }
  t.match(errorOf(await serve({}, new Uint8Array(11), echo, { bodyBytesMax: 10 })), {
    status: 400,
    error: { message: 'content length is too large' },
  })
})

t.test('what nobody reads may be nested for ever', async (t) => {
  const json = `{"new":${'{"a":'.repeat(1_000_000)}1${'}'.repeat(1_000_001)}`
  t.match(await serve({ 'content-type': 'application/json' }, Buffer.from(json)), { status: 200 })
})

t.test('values nested as deep as we allow can be read from JSON and written to it', async (t) => {
  const json = `{"input":{"@type":"type.googleapis.com/google.protobuf.Value","value":${'{"a":'.repeat(100)}true${'}'.repeat(100)}}}`
  const seen: (Uint8Array | undefined)[] = []
  const response = await serve({ 'content-type': 'application/json' }, Buffer.from(json), async (message) => {
    seen.push(message.directive.case === 'input' ? message.directive.value.value : undefined)
    return create(RunResponseSchema)
  })
  t.equal(response.status, 200)
  t.strictSame(Buffer.from(seen[0] ?? []), Buffer.from(deepBytes(100)))
})

t.test('a compressed body is read as if it were not', async (t) => {
  const response = await serve({ 'content-encoding': 'gzip' }, gzipSync(BINARY))
  t.equal(textOf(fromBinary(RunResponseSchema, response.body)), 'World')
})

t.test('E24 an answer is compressed only when asked for and worth it', async (t) => {
  const large = toBinary(
    RunRequestSchema,
    create(RunRequestSchema, {
      directive: {
        case: 'input',
        value: anyPack(StringValueSchema, create(StringValueSchema, { value: 'a'.repeat(10_000) })),
      },
    }),
  )
  const cases = [
    { accept: undefined, body: large, want: undefined },
    { accept: 'gzip', body: large, want: 'gzip' },
    { accept: 'br, GZIP;q=0.5', body: large, want: 'gzip' },
    { accept: ['br', 'gzip'], body: large, want: 'gzip' },
    { accept: 'gzip;q=0', body: large, want: undefined },
    { accept: 'gzip; q=0.000', body: large, want: undefined },
    { accept: 'x-gzip, identity', body: large, want: undefined },
    { accept: 'gzip', body: BINARY, want: undefined },
  ]
  for (const { accept, body, want } of cases) {
    const response = await serve({ 'accept-encoding': accept }, body)
    t.equal(response.headers['content-encoding'], want, String(accept))
    t.equal(response.headers['content-length'], String(response.body.byteLength))
    const message = parseUnaryResponse(200, response.headers, response.body, RunResponseSchema)
    t.match(textOf(message), /^(World|a{10000})$/)
  }
  const zipped = await serve({ 'accept-encoding': 'gzip' }, large)
  t.equal(gunzipSync(zipped.body).byteLength > zipped.body.byteLength, true)
})

t.test('a failure of the handler is answered by what it is', async (t) => {
  const cases = [
    {
      name: 'a DispatchError',
      thrown: new DispatchError('throttled', 'no room', { retryAfterMs: 1500 }),
      want: { status: 429, headers: { 'retry-after': '2' } },
      error: { code: 'resource_exhausted', message: 'no room' },
    },
    {
      name: 'a UnaryError',
      thrown: new UnaryError('already_exists', 'twice'),
      want: { status: 409, headers: { 'retry-after': undefined } },
      error: { code: 'already_exists', message: 'twice' },
    },
  ]
  for (const { name, thrown, want, error } of cases) {
    const response = await serve({}, BINARY, () => Promise.reject(thrown))
    t.match(response, want, name)
    t.strictSame(errorOf(response).error, error, name)
  }
})

t.test('an unexpected failure tells the sender nothing and us everything', async (t) => {
  const boo = new Error('secret')
  const told: unknown[] = []
  const onInternalError = (error: unknown) => told.push(error)
  const rejecting = await serve({}, BINARY, () => Promise.reject(boo), { onInternalError })
  const throwing = await serve(
    {},
    BINARY,
    () => {
      throw boo
    },
    { onInternalError },
  )
  for (const response of [rejecting, throwing]) {
    t.strictSame(errorOf(response), {
      status: 500,
      type: 'application/json',
      error: { code: 'internal', message: 'internal error' },
    })
  }
  t.strictSame(told, [boo, boo])
})

t.test('a faster encoder is used for binary only', async (t) => {
  const encode = () => Buffer.from('fast')
  t.equal(Buffer.from((await serve({}, BINARY, echo, { encode })).body).toString(), 'fast')
  const json = await serve({ 'content-type': 'application/json' }, Buffer.from('{}'), echo, { encode })
  t.match(JSON.parse(Buffer.from(json.body).toString()), { status: 'STATUS_OK' })
})

t.test('an answer that JSON cannot tell asks for binary', async (t) => {
  const response = await serve({ 'content-type': 'application/json' }, Buffer.from('{}'), async () =>
    create(RunResponseSchema, {
      directive: { case: 'exit', value: { result: { output: { typeUrl: 'type.googleapis.com/a.B' } } } },
    }),
  )
  t.match(errorOf(response), { status: 501, error: { message: /a\.B.*application\/proto/ } })
})

t.test('no body and no head make the server throw', async (t) => {
  const header = fc.option(fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 2 })), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        'content-type': fc.oneof(header, fc.constantFrom('application/json', 'application/proto')),
        'content-encoding': fc.oneof(header, fc.constantFrom('gzip')),
        'accept-encoding': header,
        'content-length': header,
        'connect-protocol-version': header,
        'connect-timeout-ms': header,
      }),
      fc.oneof(
        fc.uint8Array(),
        fc.json().map(Buffer.from),
        fc.uint8Array().map((bytes) => gzipSync(bytes)),
      ),
      async (headers, body) => {
        const statuses = [
          checkHead('POST', headers, LIMITS)?.status ?? 200,
          (await serve(headers, body)).status,
        ]
        return statuses.every((status) => [200, 400, 501].includes(status))
      },
    ),
    { numRuns: 1000 },
  )
  t.pass()
})

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
  const bomb = gzipSync(Buffer.alloc(1001))
  t.throws(
    () =>
      parseUnaryResponse(200, { 'content-encoding': 'gzip' }, bomb, RunResponseSchema, {
        bodyBytesMax: 1000,
      }),
    { message: /unreadable/ },
  )
})

t.test('R17 a Connect code has one status, in every SDK', async (t) => {
  const want: Record<ConnectCode, number> = {
    ...{
      canceled: 2,
      unknown: 6,
      invalid_argument: 4,
      deadline_exceeded: 2,
      not_found: 15,
      already_exists: 7,
    },
    ...{ permission_denied: 14, resource_exhausted: 3, failed_precondition: 7, aborted: 7, out_of_range: 4 },
    ...{ unimplemented: 15, internal: 6, unavailable: 6, data_loss: 7, unauthenticated: 13 },
  }
  const codes = Object.keys(CONNECT_CODES) as ConnectCode[]
  t.strictSame(
    Object.fromEntries(codes.map((code) => [code, codeOfStatus(CONNECT_CODES[code].status)])),
    want,
  )
})

t.test('a failure that goes over the wire stays as retryable as it is', async (t) => {
  const statuses = (Object.keys(STATUSES) as FailureStatus[]).filter(
    (status) => STATUSES[status].retry !== 'restart',
  )
  for (const status of statuses.filter((status) => codeOfStatus(status) !== 1)) {
    const response = await serve({}, BINARY, () => Promise.reject(new DispatchError(status, 'boo')))
    const error = t.throws(() =>
      parseUnaryResponse(response.status, response.headers, response.body, RunResponseSchema),
    ) as UnaryError
    t.equal(isRetryable(error), isRetryable(new DispatchError(status, '')), status)
    t.equal(error.code, connectCodeOfStatus(status))
  }
})

function hex(text: string): string {
  return Buffer.from(text).toString('hex')
}

/** A `google.protobuf.Value` of `true` in so many objects. */
function deepBytes(depth: number): Uint8Array {
  let value: Value = create(ValueSchema, { kind: { case: 'boolValue', value: true } })
  for (let i = 0; i < depth; i++) {
    value = create(ValueSchema, { kind: { case: 'structValue', value: { fields: { a: value } } } })
  }
  return toBinary(ValueSchema, value)
}

import { gunzipSync, gzipSync } from 'node:zlib'
import { create as createMessage, toBinary as toBytes } from '@bufbuild/protobuf'
import { anyPack, anyUnpack, StringValueSchema, type Value, ValueSchema } from '@bufbuild/protobuf/wkt'
import { codeOfStatus, DispatchError, type FailureStatus, isRetryable, STATUSES } from '@dispatch/protocol'
import { BODY_BYTES_MAX } from '@dispatch/protocol/bounds'
import {
  checkHead,
  connectCodeOfStatus,
  parseUnaryResponse,
  type ServeUnaryOptions,
  serveUnary,
  UnaryError,
  type UnaryHeaders,
  type UnaryResponse,
} from '@dispatch/protocol/connect'
import {
  create,
  fromBinary,
  fromJsonString,
  type RunRequest,
  RunRequestSchema,
  type RunResponse,
  RunResponseSchema,
  TYPE_REGISTRY,
  toBinary,
  toJsonString,
} from '@dispatch/protocol/messages'
import fc from 'fast-check'
import t from 'tap'

const LIMITS = { bodyBytesMax: BODY_BYTES_MAX, lengthRequired: true }
const REQUEST = create(RunRequestSchema, {
  function: 'greet',
  directive: {
    case: 'input',
    value: anyPack(StringValueSchema, createMessage(StringValueSchema, { value: 'World' })),
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
  options: ServeUnaryOptions = {},
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

t.test('a body that cannot be read is answered with 400 and the reason', async (t) => {
  const json = { 'content-type': 'application/json' }
  const nested = (depth: number) =>
    `{"input":{"@type":"type.googleapis.com/google.protobuf.Value","value":${'['.repeat(depth)}${']'.repeat(depth)}}}`
  const cases = [
    { name: 'E06 no protobuf', headers: {}, body: 'ffffff', want: /^unmarshal message: / },
    { name: 'cut short', headers: {}, body: '0a05', want: /^unmarshal message: / },
    {
      name: 'groups nested without end',
      headers: {},
      body: '9b06'.repeat(100_000),
      want: /^unmarshal message: /,
    },
    { name: 'no JSON', headers: json, body: hex('{'), want: /^unmarshal message: / },
    { name: 'JSON of another shape', headers: json, body: hex('[1]'), want: /^unmarshal message: / },
    {
      name: 'JSON that is not UTF-8',
      headers: json,
      body: `${hex('{"function":"')}ff${hex('"}')}`,
      want: /^unmarshal message: /,
    },
    {
      name: 'JSON nested without end',
      headers: json,
      body: hex(nested(1_000_000)),
      want: /^unmarshal message: .*nested deeper than 320$/,
    },
    {
      name: 'JSON arrays without end',
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

t.test('ignored fields may be nested to any depth', async (t) => {
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

t.test('E24 a response is compressed only when requested and worth it', async (t) => {
  const large = toBinary(
    RunRequestSchema,
    create(RunRequestSchema, {
      directive: {
        case: 'input',
        value: anyPack(StringValueSchema, createMessage(StringValueSchema, { value: 'a'.repeat(10_000) })),
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

t.test('an unexpected failure is hidden from the sender and reported to the server', async (t) => {
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

t.test('a response that JSON cannot represent requires binary', async (t) => {
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

t.test('a failure keeps its retryability over the wire', async (t) => {
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
  let value: Value = createMessage(ValueSchema, { kind: { case: 'boolValue', value: true } })
  for (let i = 0; i < depth; i++) {
    value = createMessage(ValueSchema, { kind: { case: 'structValue', value: { fields: { a: value } } } })
  }
  return toBytes(ValueSchema, value)
}

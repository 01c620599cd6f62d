import {
  create,
  type DescField,
  type DescMessage,
  fromBinary,
  fromJson,
  type Message,
  type MessageShape,
  ScalarType,
  toBinary,
  toJson,
} from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import {
  CallResultSchema,
  CallSchema,
  DispatchRequestSchema,
  DispatchResponseSchema,
  decodeAny,
  decodeCallResult,
  decodeValue,
  encodeAny,
  encodeCallResult,
  encodeRunRequest,
  encodeRunResponse,
  encodeValue,
  type Poll,
  RunRequestSchema,
  RunResponseSchema,
  TYPE_REGISTRY,
} from '@dispatch/protocol'
import fc from 'fast-check'
import t from 'tap'

// Messages are made from their descriptors, so a field that is added to the schema and forgotten in the encoder
// fails here.

const ENCODERS = [
  encoder(AnySchema, encodeAny),
  encoder(CallResultSchema, encodeCallResult),
  encoder(RunRequestSchema, encodeRunRequest),
  encoder(RunResponseSchema, encodeRunResponse),
]

function encoder<Schema extends DescMessage>(
  schema: Schema,
  encode: (message: MessageShape<Schema>) => Uint8Array,
) {
  return {
    schema: schema as DescMessage,
    encode: (message: Message) => encode(message as MessageShape<Schema>),
  }
}

const UNKNOWN_FIELDS = fc.option(fc.constant({ no: 2_000, wireType: 2, data: Uint8Array.of(1, 7) }), {
  nil: undefined,
  freq: 4,
})

const SCALARS = new Map<ScalarType, fc.Arbitrary<unknown>>([
  [ScalarType.BOOL, fc.boolean()],
  [ScalarType.BYTES, fc.uint8Array({ maxLength: 200 })],
  [ScalarType.INT32, fc.integer()],
  [ScalarType.UINT32, fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 0xffff_ffff }))],
  [ScalarType.INT64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [ScalarType.UINT64, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [
    ScalarType.STRING,
    fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.string({ unit: 'binary', maxLength: 60, size: 'max' }),
      fc.string({ unit: fc.constantFrom('a', 'ä', '✓', '\ud800'), maxLength: 150, size: 'max' }),
    ),
  ],
])

for (const { schema, encode } of ENCODERS) {
  t.test(`${schema.name} has the bytes that the protobuf runtime writes`, async (t) => {
    const isSame = fc.property(
      messageOf(schema),
      (message) => hex(encode(message)) === hex(toBinary(schema, message)),
    )
    t.doesNotThrow(() => fc.assert(isSame, { numRuns: 2_000 }))
  })

  t.test(`${schema.name} keeps unknown fields`, async (t) => {
    const bytes = Buffer.concat([toBinary(schema, create(schema)), Buffer.from('fa7f03616263', 'hex')])
    const message = fromBinary(schema, bytes)
    t.equal(hex(encode(message)), hex(toBinary(schema, message)))
    t.ok(encode(message).length > 0)
  })

  t.test(`every field of ${schema.name} is written`, async (t) => {
    t.plan(schema.fields.length)
    for (const field of schema.fields) {
      const message = fc.sample(messageOf(schema, field), { numRuns: 1, seed: 1 })[0] as Message
      t.ok(encode(message).length > 0, field.name)
    }
  })
}

t.test('vectors of the original', async (t) => {
  const hello = encodeValue('hello')
  const cases = [
    {
      name: 'RunResponse OK, output "hello"',
      bytes: encodeRunResponse(
        create(RunResponseSchema, {
          status: 1,
          directive: { case: 'exit', value: { result: { output: hello } } },
        }),
      ),
      want: '0801123e0a3c123a0a2f747970652e676f6f676c65617069732e636f6d2f676f6f676c652e70726f746f6275662e537472696e6756616c756512070a0568656c6c6f',
    },
    {
      name: 'RunResponse INVALID_ARGUMENT, Error',
      bytes: encodeRunResponse(
        create(RunResponseSchema, {
          status: 4,
          directive: {
            case: 'exit',
            value: { result: { error: { type: 'wrapError', message: 'InvalidArgument: -23' } } },
          },
        }),
      ),
      want: '080412250a231a210a09777261704572726f721214496e76616c6964417267756d656e743a202d3233',
    },
    {
      name: 'RunResponse OK, tail call next(Empty)',
      bytes: encodeRunResponse(
        create(RunResponseSchema, {
          status: 1,
          directive: { case: 'exit', value: { tailCall: { function: 'next', input: encodeValue(null) } } },
        }),
      ),
      want: '0801123512331a046e657874222b0a29747970652e676f6f676c65617069732e636f6d2f676f6f676c652e70726f746f6275662e456d707479',
    },
    {
      name: 'RunResponse OK, Exit with empty result',
      bytes: encodeRunResponse(
        create(RunResponseSchema, { status: 1, directive: { case: 'exit', value: { result: {} } } }),
      ),
      want: '080112020a00',
    },
    {
      name: 'RunResponse OK, Poll',
      bytes: encodeRunResponse(
        create(RunResponseSchema, {
          status: 1,
          directive: {
            case: 'poll',
            value: {
              state: { case: 'typedCoroutineState', value: encodeValue(new Uint8Array([1, 2])) },
              calls: [{ function: 'identity', input: encodeValue('x'), correlationId: 1n }],
              maxWait: { seconds: 300n },
              maxResults: 1,
              minResults: 1,
            },
          },
        }),
      ),
      want: '08011a8701124408011a086964656e7469747922360a2f747970652e676f6f676c65617069732e636f6d2f676f6f676c652e70726f746f6275662e537472696e6756616c756512030a01781a0308ac022001280132360a2e747970652e676f6f676c65617069732e636f6d2f676f6f676c652e70726f746f6275662e427974657356616c756512040a020102',
    },
    {
      name: 'RunRequest repeat',
      bytes: encodeRunRequest(
        create(RunRequestSchema, {
          function: 'repeat',
          dispatchId: '1',
          rootDispatchId: '1',
          directive: {
            case: 'pollResult',
            value: {
              state: { case: 'typedCoroutineState', value: encodeValue(new Uint8Array([1, 2])) },
              results: [{ correlationId: 1n, output: encodeValue('x'), dispatchId: '2' }],
            },
          },
          creationTime: { seconds: 1718000000n },
          expirationTime: { seconds: 1718000060n, nanos: 500_000_000 },
        }),
      ),
      want: '0a067265706561741a77123d080112360a2f747970652e676f6f676c65617069732e636f6d2f676f6f676c652e70726f746f6275662e537472696e6756616c756512030a017822013222360a2e747970652e676f6f676c65617069732e636f6d2f676f6f676c652e70726f746f6275662e427974657356616c756512040a0201022201313201313a060880b39ab306420c08bcb39ab3061080cab5ee01',
    },
  ]
  t.plan(cases.length)
  for (const { name, bytes, want } of cases) t.equal(hex(bytes), want, name)
})

t.test('vectors of messages that the protobuf runtime writes', async (t) => {
  const input = encodeValue(11)
  const call = { endpoint: 'http://example.com', function: 'function1', input }
  const cases = [
    {
      name: 'DispatchRequest',
      bytes: toBinary(DispatchRequestSchema, create(DispatchRequestSchema, { calls: [call] })),
      want: '0a551212687474703a2f2f6578616d706c652e636f6d1a0966756e6374696f6e3122340a2e747970652e676f6f676c65617069732e636f6d2f676f6f676c652e70726f746f6275662e496e74363456616c75651202080b',
    },
    {
      name: 'DispatchResponse',
      bytes: toBinary(DispatchResponseSchema, create(DispatchResponseSchema, { dispatchIds: ['0', '1'] })),
      want: '0a01300a0131',
    },
    {
      name: 'Call',
      bytes: toBinary(
        CallSchema,
        create(CallSchema, {
          ...call,
          correlationId: (1n << 32n) + 2n,
          expiration: { seconds: 10n },
          version: 'xyzzy',
        }),
      ),
      want: '0882808080101212687474703a2f2f6578616d706c652e636f6d1a0966756e6374696f6e3122340a2e747970652e676f6f676c65617069732e636f6d2f676f6f676c652e70726f746f6275662e496e74363456616c75651202080b2a02080a320578797a7a79',
    },
  ]
  t.plan(cases.length)
  for (const { name, bytes, want } of cases) t.equal(hex(bytes), want, name)
})

t.test('the Connect JSON of a Poll, read and written with the type registry', async (t) => {
  const json = {
    status: 'STATUS_OK',
    poll: {
      calls: [
        {
          correlationId: '1',
          function: 'identity',
          input: { '@type': 'type.googleapis.com/google.protobuf.StringValue', value: 'x' },
        },
      ],
      maxWait: '300s',
      maxResults: 1,
      minResults: 1,
      typedCoroutineState: { '@type': 'type.googleapis.com/google.protobuf.BytesValue', value: 'AQI=' },
    },
  }
  const response = fromJson(RunResponseSchema, json, { registry: TYPE_REGISTRY })
  const { directive } = fromBinary(RunResponseSchema, encodeRunResponse(response))
  t.equal(directive.case, 'poll')
  t.equal(decodeValue((directive.value as Poll).calls[0]?.input), 'x')
  t.same(toJson(RunResponseSchema, response, { registry: TYPE_REGISTRY }), json)
})

t.test('what was encoded is decoded', async (t) => {
  const any = encodeValue('x')
  t.same(decodeAny(encodeAny(any)), any)
  const result = create(CallResultSchema, { dispatchId: 'a', correlationId: 2n ** 64n - 1n, output: any })
  t.same(decodeCallResult(encodeCallResult(result)), result)
})

t.test('malformed bytes are refused, naming the type', async (t) => {
  const bytes = Buffer.from('0a05', 'hex')
  t.throws(() => decodeAny(bytes), {
    status: 'invalid_argument',
    message: /^a google\.protobuf\.Any is malformed/,
  })
  t.throws(() => decodeCallResult(Buffer.from('1205', 'hex')), {
    status: 'invalid_argument',
    message: /^a dispatch\.sdk\.v1\.CallResult is malformed/,
  })
})

t.test('numbers out of range are refused and leave the next message whole', async (t) => {
  const cases = [
    {
      name: 'attempt',
      encode: () => encodeRunRequest(create(RunRequestSchema, { function: 'f', attempt: -1 })),
    },
    {
      name: 'attempt with a fraction',
      encode: () => encodeRunRequest(create(RunRequestSchema, { attempt: 1.5 })),
    },
    { name: 'status', encode: () => encodeRunResponse(create(RunResponseSchema, { status: 2 ** 31 })) },
    {
      name: 'correlation id',
      encode: () => encodeCallResult(create(CallResultSchema, { correlationId: -1n })),
    },
    {
      name: 'seconds',
      encode: () => encodeRunRequest(create(RunRequestSchema, { creationTime: { seconds: 2n ** 63n } })),
    },
  ]
  t.plan(cases.length * 2)
  for (const { name, encode } of cases) {
    t.throws(encode, RangeError, name)
    t.equal(encodeAny(encodeValue(null)).length, 43, `${name}: next`)
  }
})

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Any message of this type, four levels deep; `wanted` is a field that it has in any case. */
function messageOf(schema: DescMessage, wanted?: DescField, depth = 4): fc.Arbitrary<Message> {
  const fields = schema.fields.filter((field) => depth > 0 || field.message === undefined)
  const entries = fields.map((field) => {
    const content = contentOf(field, depth)
    return fc.record({
      field: fc.constant(field),
      content:
        field === wanted ? content.filter((value) => !isZero(value)) : fc.option(content, { nil: undefined }),
    })
  })
  return fc.tuple(UNKNOWN_FIELDS, ...entries).map(([unknown, ...parts]) => {
    const init: Record<string, unknown> = {}
    const ordered = parts.filter(({ content }) => content !== undefined)
    for (const { field, content } of ordered.sort(
      (a, b) => Number(a.field === wanted) - Number(b.field === wanted),
    )) {
      if (field.oneof === undefined) init[field.localName] = content
      else init[field.oneof.localName] = { case: field.localName, value: content }
    }
    const message = create(schema, init)
    if (unknown !== undefined && wanted === undefined) message.$unknown = [unknown]
    return message
  })
}

function contentOf(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const { message } = field
  const single = message === undefined ? scalarOf(field) : messageOf(message, undefined, depth - 1)
  return field.fieldKind === 'list' ? fc.array(single, { maxLength: 3 }) : single
}

function scalarOf(field: DescField): fc.Arbitrary<unknown> {
  if (field.enum !== undefined) return fc.oneof(fc.integer({ min: 0, max: 15 }), fc.integer())
  const arbitrary = SCALARS.get(field.scalar as ScalarType)
  if (arbitrary === undefined) throw new TypeError(`no values for ${field}`)
  return arbitrary
}

function isZero(value: unknown): boolean {
  return (
    value === 0 ||
    value === 0n ||
    value === '' ||
    value === false ||
    (typeof value === 'object' && (value as { length?: number }).length === 0)
  )
}

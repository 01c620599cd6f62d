import {
  CallResultSchema,
  CallSchema,
  create,
  DispatchRequestSchema,
  DispatchResponseSchema,
  decodeAny,
  decodeCallResult,
  encodeAny,
  encodeCallResult,
  encodeRunRequest,
  encodeRunResponse,
  fromBinary,
  fromJson,
  type Poll,
  RunRequestSchema,
  RunResponseSchema,
  TYPE_REGISTRY,
  toBinary,
  toJson,
} from '@dispatch/protocol/messages'
import { decodeValue, encodeValue } from '@dispatch/protocol/values'
import t from 'tap'

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

t.test('vectors of messages without a name of their own', async (t) => {
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

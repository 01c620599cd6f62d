import { create as createMessage } from '@bufbuild/protobuf'
import {
  anyPack,
  DoubleValueSchema,
  DurationSchema,
  EmptySchema,
  FloatValueSchema,
  Int32ValueSchema,
  ListValueSchema,
  StringValueSchema,
  StructSchema,
  TimestampSchema,
  UInt32ValueSchema,
  UInt64ValueSchema,
  ValueSchema,
} from '@bufbuild/protobuf/wkt'
import { VALUE_DEPTH_MAX } from '@dispatch/protocol/bounds'
import {
  type Any,
  AnySchema,
  CallSchema,
  create,
  encodeAny,
  PickledSchema,
  WireErrorSchema,
} from '@dispatch/protocol/messages'
import {
  Duration,
  decodeValue,
  duration,
  type EncodeValueOptions,
  encodeValue,
  float,
  int,
  uint,
} from '@dispatch/protocol/values'
import t from 'tap'

/** "type.googleapis.com/google.protobuf." */
const T = '747970652e676f6f676c65617069732e636f6d2f676f6f676c652e70726f746f6275662e'

t.test('values have the bytes of the other SDKs', async (t) => {
  const cases = [
    { name: 'V01 null', value: null, want: `0a29${T}456d707479` },
    {
      name: 'V01 undefined',
      value: undefined,
      want: `0a31${Buffer.from('dispatch.sdk.node/undefined/google.protobuf.Empty').toString('hex')}`,
    },
    { name: 'V02 true', value: true, want: `0a2d${T}426f6f6c56616c756512020801` },
    { name: 'V02 false', value: false, want: `0a2d${T}426f6f6c56616c7565` },
    { name: 'V03 0', value: 0, want: `0a2e${T}496e74363456616c7565` },
    { name: 'V03 1', value: 1, want: `0a2e${T}496e74363456616c756512020801` },
    { name: 'V03 11', value: 11, want: `0a2e${T}496e74363456616c75651202080b` },
    { name: 'V03 -1', value: -1, want: `0a2e${T}496e74363456616c7565120b08ffffffffffffffffff01` },
    { name: 'V03 1234', value: 1234, want: `0a2e${T}496e74363456616c7565120308d209` },
    {
      name: 'V04 -2^63',
      value: -(2n ** 63n),
      want: `0a2e${T}496e74363456616c7565120b0880808080808080808001`,
    },
    {
      name: 'V04 2^63-1',
      value: 2n ** 63n - 1n,
      want: `0a2e${T}496e74363456616c7565120a08ffffffffffffffff7f`,
    },
    { name: 'V05 2^63', value: 2n ** 63n, want: `0a2f${T}55496e74363456616c7565120b0880808080808080808001` },
    { name: 'V07 3.14', value: 3.14, want: `0a2f${T}446f75626c6556616c75651209091f85eb51b81e0940` },
    { name: 'V08 float(1)', value: float(1), want: `0a2f${T}446f75626c6556616c7565120909000000000000f03f` },
    { name: 'V09 "foo"', value: 'foo', want: `0a2f${T}537472696e6756616c756512050a03666f6f` },
    { name: 'V09 ""', value: '', want: `0a2f${T}537472696e6756616c7565` },
    { name: 'V10 bytes', value: Buffer.from('bar'), want: `0a2e${T}427974657356616c756512050a03626172` },
    {
      name: 'V12 1.001234 s',
      value: duration({ seconds: 1, nanos: 1_234_000 }),
      want: `0a2c${T}4475726174696f6e1206080110d0a84b`,
    },
    {
      name: 'V14 a list',
      value: [1, 'a', null, true, 1.5],
      want: `0a29${T}56616c7565122532230a0911000000000000f03f0a031a01610a0208000a0220010a0911000000000000f83f`,
    },
    {
      name: 'V15 nested objects',
      value: { a: [1, 2], b: { c: null } },
      want: `0a29${T}56616c756512332a310a1d0a0161121832160a0911000000000000f03f0a091100000000000000400a100a0162120b2a090a070a016312020800`,
    },
  ]
  t.plan(cases.length * 2)
  for (const { name, value, want } of cases) {
    const any = encodeValue(value)
    t.equal(Buffer.from(encodeAny(any)).toString('hex'), want, name)
    t.same(plain(decodeValue(any)), plain(value ?? null), `${name} comes back`)
  }
})

/** Typed numbers as numbers and buffers as arrays, so that a value can be compared with its copy. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (value instanceof Duration) return { seconds: value.seconds, nanos: value.nanos }
  return typeof value === 'object' && value !== null && 'kind' in value
    ? (value as { value?: unknown }).value
    : value
}

t.test('numbers and instants', async (t) => {
  const cases = [
    {
      name: 'V04 2^63-1 is decoded as a bigint',
      value: 2n ** 63n - 1n,
      type: 'Int64Value',
      want: 2n ** 63n - 1n,
    },
    { name: 'V04 -2^63 is decoded as a bigint', value: -(2n ** 63n), type: 'Int64Value', want: -(2n ** 63n) },
    { name: 'V05 2^64-1 is a UInt64Value', value: 2n ** 64n - 1n, type: 'UInt64Value', want: 2n ** 64n - 1n },
    { name: 'a small bigint is decoded as a number', value: 7n, type: 'Int64Value', want: 7 },
    { name: '127', value: 127, type: 'Int64Value', want: 127 },
    { name: '128', value: 128, type: 'Int64Value', want: 128 },
    { name: '2^28', value: 2 ** 28, type: 'Int64Value', want: 2 ** 28 },
    { name: '2^31', value: 2 ** 31, type: 'Int64Value', want: 2 ** 31 },
    {
      name: 'the largest safe integer',
      value: Number.MAX_SAFE_INTEGER,
      type: 'Int64Value',
      want: 2 ** 53 - 1,
    },
    {
      name: 'the smallest safe integer',
      value: Number.MIN_SAFE_INTEGER,
      type: 'Int64Value',
      want: 1 - 2 ** 53,
    },
    { name: 'an unsafe integer is a double', value: 2 ** 60, type: 'DoubleValue', want: 2 ** 60 },
    { name: 'NaN', value: Number.NaN, type: 'DoubleValue', want: Number.NaN },
    {
      name: 'Infinity',
      value: Number.POSITIVE_INFINITY,
      type: 'DoubleValue',
      want: Number.POSITIVE_INFINITY,
    },
    {
      name: '-Infinity',
      value: Number.NEGATIVE_INFINITY,
      type: 'DoubleValue',
      want: Number.NEGATIVE_INFINITY,
    },
    { name: '-0', value: -0, type: 'DoubleValue', want: -0 },
    { name: 'V08 1 by a number schema', value: 1, as: 'number', type: 'DoubleValue', want: 1 },
    { name: '0 by a number schema', value: 0, as: 'number', type: 'DoubleValue', want: 0 },
    { name: 'an exact bigint by a number schema', value: 8n, as: 'number', type: 'DoubleValue', want: 8 },
    { name: '1 by an integer schema', value: 1, as: 'integer', type: 'Int64Value', want: 1 },
    { name: '-0 by an integer schema', value: -0, as: 'integer', type: 'Int64Value', want: 0 },
    { name: '2^60 by an integer schema', value: 2 ** 60, as: 'integer', type: 'Int64Value', want: 2n ** 60n },
    { name: 'text by an integer schema', value: 'x', as: 'integer', type: 'StringValue', want: 'x' },
    { name: 'int(1)', value: int(1), type: 'Int64Value', want: 1 },
    { name: 'int(-2^63)', value: int(-(2n ** 63n)), type: 'Int64Value', want: -(2n ** 63n) },
    { name: 'uint(1)', value: uint(1), type: 'UInt64Value', want: 1 },
    { name: 'uint(2^64-1)', value: uint(2n ** 64n - 1n), type: 'UInt64Value', want: 2n ** 64n - 1n },
    { name: 'float(-0)', value: float(-0), type: 'DoubleValue', want: -0 },
    {
      name: 'an instant before 1970',
      value: new Date('1969-12-31T23:59:59.999Z'),
      type: 'Timestamp',
      want: new Date(-1),
    },
    {
      name: 'the first instant of a Timestamp',
      value: new Date('0001-01-01T00:00:00.000Z'),
      type: 'Timestamp',
      want: new Date('0001-01-01T00:00:00.000Z'),
    },
    {
      name: 'the last instant of a Timestamp',
      value: new Date('9999-12-31T23:59:59.999Z'),
      type: 'Timestamp',
      want: new Date('9999-12-31T23:59:59.999Z'),
    },
    {
      name: 'an instant after year 9999',
      value: new Date(8.64e15),
      type: 'JsValue',
      want: new Date(8.64e15),
    },
    { name: 'an invalid date', value: new Date(Number.NaN), type: 'JsValue', want: new Date(Number.NaN) },
  ] as { name: string; value: unknown; as?: EncodeValueOptions['as']; type: string; want: unknown }[]
  t.plan(cases.length * 2)
  for (const { name, value, as, type, want } of cases) {
    const any = encodeValue(value, { as })
    t.equal(any.typeUrl.split('.').at(-1), type, `${name}: type`)
    t.ok(Object.is(decodeValue(any), want) || isSameDate(decodeValue(any), want), `${name}: value`)
  }
})

function isSameDate(got: unknown, want: unknown): boolean {
  return got instanceof Date && want instanceof Date && Object.is(got.getTime(), want.getTime())
}

t.test('V11 an instant of Python, to the millisecond', async (t) => {
  const any = anyOf('google.protobuf.Timestamp', Buffer.from('08b9c79bb30610d00f', 'hex'))
  t.same(decodeValue(any), new Date('2024-06-10T11:30:01.000Z'))
  t.equal(
    Buffer.from(encodeValue(new Date('2024-06-10T11:30:01.002Z')).value).toString('hex'),
    '08b9c79bb3061080897a',
  )
})

t.test('V13 a negative duration has two negative parts', async (t) => {
  const any = encodeValue(duration(-1_500))
  t.same(any, anyPack(DurationSchema, createMessage(DurationSchema, { seconds: -1n, nanos: -500_000_000 })))
  const back = decodeValue(any) as Duration
  t.same([back.seconds, back.nanos, back.ms, String(back)], [-1, -500_000_000, -1_500, '-1.5s'])
})

function anyOf(type: string, value: Uint8Array, prefix = 'type.googleapis.com/'): Any {
  return create(AnySchema, { typeUrl: prefix + type, value })
}

t.test('what JSON can carry exactly becomes a Value that JSON reads back', async (t) => {
  const cases = [
    { name: 'an empty array', value: [], want: [] },
    { name: 'an empty object', value: {}, want: {} },
    { name: 'undefined properties are left out', value: { a: undefined, b: 1 }, want: { b: 1 } },
    {
      name: 'an object without a prototype',
      value: Object.assign(Object.create(null), { a: 1 }),
      want: { a: 1 },
    },
    {
      name: 'a toJSON inside',
      value: { at: new URL('http://a.example/x') },
      want: { at: 'http://a.example/x' },
    },
    {
      name: 'a toJSON that gives an instance',
      value: [{ toJSON: () => new Point(1, 2) }],
      want: [{ x: 1, y: 2 }],
    },
    { name: 'a toJSON that gives nothing', value: { a: { toJSON: () => undefined }, b: 1 }, want: { b: 1 } },
    { name: 'typed numbers inside', value: { a: int(1), b: [float(2)] }, want: { a: 1, b: [2] } },
    {
      name: 'text beyond ASCII, long and short',
      value: ['ä', '✓', '𝄞'.repeat(50)],
      want: ['ä', '✓', '𝄞'.repeat(50)],
    },
    { name: 'a part of more than 127 bytes', value: ['x'.repeat(20_000)], want: ['x'.repeat(20_000)] },
    { name: 'a large integer that a double holds', value: [2 ** 60], want: [2 ** 60] },
    {
      name: 'a property named __proto__',
      value: JSON.parse('{"__proto__":{"a":1}}'),
      want: JSON.parse('{"__proto__":{"a":1}}'),
    },
    { name: 'nested as deep as allowed', value: nested(VALUE_DEPTH_MAX), want: nested(VALUE_DEPTH_MAX) },
  ]
  t.plan(cases.length * 2)
  for (const { name, value, want } of cases) {
    const any = encodeValue(value)
    t.equal(any.typeUrl, 'type.googleapis.com/google.protobuf.Value', `${name}: type`)
    t.strictSame(decodeValue(any), want, `${name}: value`)
  }
})

class Point {
  readonly x: number
  readonly y: number

  constructor(x: number, y: number) {
    this.x = x
    this.y = y
  }
}

/** Arrays in arrays, `depth` of them. */
function nested(depth: number): unknown {
  let value: unknown = []
  for (let level = 1; level < depth; level++) value = [value]
  return value
}

t.test('a toJSON at the top decides what the whole value is', async (t) => {
  t.equal(decodeValue(encodeValue(new URL('http://a.example/'))), 'http://a.example/')
  t.equal(decodeValue(encodeValue({ toJSON: () => undefined })), undefined)
  t.same(decodeValue(encodeValue({ toJSON: () => new Date(5) })), new Date(5))
})

t.test('V16 a bigint inside an object keeps its type', async (t) => {
  t.strictSame(decodeValue(encodeValue({ a: 5n, b: [2n ** 80n] })), { a: 5n, b: [2n ** 80n] })
})

t.test('a toJSON may encode a value itself', async (t) => {
  const b = { toJSON: () => Buffer.from(encodeValue('other').value).toString('latin1') }
  t.strictSame(decodeValue(encodeValue({ a: 'first', b, c: 'last' })), {
    a: 'first',
    b: '\n\x05other',
    c: 'last',
  })
})

t.test('what cannot be carried is refused with its path', async (t) => {
  const circular: { a: { b?: unknown } } = { a: {} }
  circular.a.b = circular
  const input = { root: 'input' }
  const cases = [
    { name: 'a function', value: () => 1, want: /^input: a function cannot be carried; leave it out$/ },
    { name: 'a symbol', value: Symbol('x'), want: /^input: a symbol cannot/ },
    {
      name: 'a function inside',
      value: { items: [1, 2, 3, { callback() {} }] },
      want: /^input\.items\[3\]\.callback: a function cannot/,
    },
    {
      name: 'a key that is not an identifier',
      value: { 'a b': [Symbol('x')] },
      want: /^input\["a b"\]\[0\]: a symbol/,
    },
    {
      name: 'inside a map',
      value: { m: new Map([['k', () => 1]]) },
      want: /^input\.m\.get\("k"\): a function/,
    },
    { name: 'as the key of a map', value: new Map([[() => 1, 1]]), want: /^input\.keys\[0\]: a function/ },
    { name: 'inside a set', value: new Set([1, () => 1]), want: /^input\.values\[1\]: a function/ },
    {
      name: 'a circular structure',
      value: circular,
      want: /^input\.a\.b: a circular structure cannot be carried; this is input again$/,
    },
    {
      name: 'an instance',
      value: [new Point(1, 2)],
      want: /^input\[0\]: an instance of Point cannot be carried; pass a plain object/,
    },
    {
      name: 'a promise',
      value: { p: Promise.resolve() },
      want: /^input\.p: an instance of Promise cannot be carried; await it first$/,
    },
    { name: 'an error', value: new RangeError('x'), want: /^input: an instance of RangeError/ },
    { name: 'a regular expression', value: [/x/], want: /^input\[0\]: an instance of RegExp/ },
    {
      name: 'nesting too deep',
      value: nested(VALUE_DEPTH_MAX + 1),
      want: /^input(\[0\])+…: nested deeper than 100/,
    },
    {
      name: 'nesting much too deep',
      value: nested(100_000),
      want: /^input(\[0\])+…: nested deeper than 100/,
    },
    { name: 'V06 2^64', value: 2n ** 64n, want: /^input: expected a bigint of at most 64 bits/ },
    { name: 'V06 -2^63-1', value: -(2n ** 63n) - 1n, want: /^input: expected a bigint of at most 64 bits/ },
    {
      name: '1.5 by an integer schema',
      value: 1.5,
      as: 'integer',
      want: /^input: expected an integer of 64 bits, got 1.5$/,
    },
    {
      name: 'NaN by an integer schema',
      value: Number.NaN,
      as: 'integer',
      want: /^input: expected an integer/,
    },
    { name: '2^63 by an integer schema', value: 2 ** 63, as: 'integer', want: /^input: expected an integer/ },
    {
      name: 'an inexact bigint by a number schema',
      value: 2n ** 53n + 1n,
      as: 'number',
      want: /^input: expected a number/,
    },
    {
      name: 'a message of an unknown type',
      value: { $typeName: 'a.B' },
      want: /^input: a message of type a\.B cannot be carried; pack it/,
    },
    {
      name: 'a forged pickle',
      value: {
        $typeName: 'dispatch.sdk.python.v1.Pickled',
        pickledValue: { length: 1, byteLength: 1, 0: 46 },
      },
      want: /^input\.pickledValue: expected a Uint8Array/,
    },
    {
      name: 'a forged JsValue',
      value: { $typeName: 'dispatch.sdk.node.v1.JsValue', json: '1', chunks: [new Uint8Array(1), 'x'] },
      want: /^input\.chunks: expected a Uint8Array/,
    },
    {
      name: 'a forged Any',
      value: { $typeName: 'google.protobuf.Any', typeUrl: 'x/y', value: [] },
      want: /^input\.value: expected a Uint8Array/,
    },
  ] as { name: string; value: unknown; as?: EncodeValueOptions['as']; want: RegExp }[]
  t.plan(cases.length)
  for (const { name, value, as, want } of cases) {
    t.throws(() => encodeValue(value, { ...input, as }), { status: 'invalid_argument', message: want }, name)
  }
})

t.test('explicit constructors refuse what their type cannot hold', async (t) => {
  const cases = [
    { name: 'int(1.5)', make: () => int(1.5) },
    { name: 'int(2^63)', make: () => int(2n ** 63n) },
    { name: 'uint(-1)', make: () => uint(-1) },
    { name: 'uint(2^64)', make: () => uint(2n ** 64n) },
    { name: 'float of text', make: () => float('1' as unknown as number) },
    { name: 'duration of two signs', make: () => duration({ seconds: 1, nanos: -1 }) },
    { name: 'duration of half seconds', make: () => duration({ seconds: 0.5 }) },
    { name: 'duration of 10,001 years', make: () => duration({ seconds: 315_576_000_001 }) },
    { name: 'duration of text without a unit', make: () => duration('15') },
  ]
  t.plan(cases.length)
  for (const { name, make } of cases) t.throws(make, TypeError, name)
})

t.test('messages of other SDKs', async (t) => {
  const cases = [
    { name: 'nothing is null', any: undefined, want: null },
    {
      name: 'V17 Int32Value',
      any: anyPack(Int32ValueSchema, createMessage(Int32ValueSchema, { value: -7 })),
      want: -7,
    },
    {
      name: 'V17 UInt32Value',
      any: anyPack(UInt32ValueSchema, createMessage(UInt32ValueSchema, { value: 7 })),
      want: 7,
    },
    {
      name: 'V17 FloatValue',
      any: anyPack(FloatValueSchema, createMessage(FloatValueSchema, { value: 1.25 })),
      want: 1.25,
    },
    {
      name: 'UInt64Value 2^32',
      any: anyPack(UInt64ValueSchema, createMessage(UInt64ValueSchema, { value: 2n ** 32n })),
      want: 2 ** 32,
    },
    {
      name: 'DoubleValue',
      any: anyPack(DoubleValueSchema, createMessage(DoubleValueSchema, { value: 1.5 })),
      want: 1.5,
    },
    {
      name: 'Struct',
      any: anyPack(
        StructSchema,
        createMessage(StructSchema, { fields: { a: { kind: { case: 'numberValue', value: 1 } } } }),
      ),
      want: { a: 1 },
    },
    {
      name: 'ListValue',
      any: anyPack(
        ListValueSchema,
        createMessage(ListValueSchema, { values: [{ kind: { case: 'boolValue', value: false } }] }),
      ),
      want: [false],
    },
    { name: 'a Value without content', any: anyPack(ValueSchema, createMessage(ValueSchema)), want: null },
    {
      name: 'V18 another prefix',
      any: anyOf('google.protobuf.StringValue', Buffer.from('0a0178', 'hex'), 'example.com/x/'),
      want: 'x',
    },
    {
      name: 'no prefix',
      any: anyOf('google.protobuf.StringValue', Buffer.from('0a0178', 'hex'), ''),
      want: 'x',
    },
    {
      name: 'V22 bytes that hold a pickle',
      any: anyOf('google.protobuf.BytesValue', Buffer.from('0a0580044b012e', 'hex')),
      want: new Uint8Array([0x80, 4, 0x4b, 1, 0x2e]),
    },
    {
      name: 'an unknown field beside the value',
      any: anyOf('google.protobuf.StringValue', Buffer.from('0a01781001', 'hex')),
      want: 'x',
    },
    {
      name: 'an unknown field beside an integer',
      any: anyOf('google.protobuf.Int64Value', Buffer.from('08011001', 'hex')),
      want: 1,
    },
    {
      name: 'an integer in more bytes than needed',
      any: anyOf('google.protobuf.Int64Value', Buffer.from('08818000', 'hex')),
      want: 1,
    },
    {
      name: 'a field given twice',
      any: anyOf('google.protobuf.StringValue', Buffer.from('0a01610a0162', 'hex')),
      want: 'b',
    },
    {
      name: 'unknown fields inside a Value',
      any: anyOf('google.protobuf.Value', Buffer.from('380132050a0320017a', 'hex').subarray(0, 2)),
      want: null,
    },
  ]
  t.plan(cases.length)
  for (const { name, any, want } of cases) t.strictSame(decodeValue(any), want, name)
})

t.test('V24 an Error that Python packed is decoded as the message', async (t) => {
  const message = create(WireErrorSchema, { type: 'ValueError', message: 'x' })
  const any = {
    ...encodeValue(message),
    typeUrl: 'buf.build/stealthrocket/dispatch-proto/dispatch.sdk.v1.Error',
  }
  t.same(decodeValue(any), message)
})

t.test('generated messages are carried as they are', async (t) => {
  const call = create(CallSchema, { function: 'f', correlationId: 7n })
  t.same(decodeValue(encodeValue(call)), call)
  const any = anyPack(StringValueSchema, createMessage(StringValueSchema, { value: 'x' }))
  t.equal(encodeValue(any), any)
  t.equal(decodeValue(encodeValue(createMessage(EmptySchema))), null)
  t.same(decodeValue(encodeValue(createMessage(TimestampSchema, { seconds: 1n }))), new Date(1_000))
  t.equal(encodeValue(create(PickledSchema, { pickledValue: Buffer.from('4e2e', 'hex') })).value.length, 4)
})

t.test('decoded bytes are a copy', async (t) => {
  const any = encodeValue(new Uint8Array([1, 2, 3]))
  const bytes = decodeValue(any) as Uint8Array
  t.equal(bytes.buffer.byteLength, 3)
  bytes[0] = 9
  t.same(decodeValue(any), new Uint8Array([1, 2, 3]))
})

t.test('malformed values are refused, naming the type', async (t) => {
  const cases = [
    { name: 'no type', any: create(AnySchema), want: /^a value has no type$/ },
    {
      name: 'an unknown type',
      any: anyOf('a.B', Buffer.alloc(0)),
      want: /the unknown type a\.B/,
    },
    {
      name: 'an inherited name',
      any: anyOf('toString', Buffer.alloc(0)),
      want: /the unknown type toString/,
    },
    {
      name: 'text that is cut off',
      any: anyOf('google.protobuf.StringValue', Buffer.from('0a0561', 'hex')),
      want: /google\.protobuf\.StringValue is malformed/,
    },
    {
      name: 'text that is not UTF-8',
      any: anyOf('google.protobuf.StringValue', Buffer.from('0a01ff', 'hex')),
      want: /StringValue is malformed/,
    },
    {
      name: 'an endless varint',
      any: anyOf('google.protobuf.Int64Value', Buffer.alloc(12, 0xff)),
      want: /Int64Value is malformed/,
    },
    {
      name: 'a varint that is cut off',
      any: anyOf('google.protobuf.Int64Value', Buffer.from('08ff', 'hex')),
      want: /Int64Value is malformed/,
    },
    {
      name: 'a double that is cut off',
      any: anyOf('google.protobuf.DoubleValue', Buffer.from('0900', 'hex')),
      want: /DoubleValue is malformed/,
    },
    {
      name: 'nanos out of range',
      any: anyOf('google.protobuf.Timestamp', Buffer.from('108094ebdc03', 'hex')),
      want: /Timestamp is malformed/,
    },
    {
      name: 'seconds out of range',
      any: anyOf('google.protobuf.Timestamp', Buffer.from('08ffffffffffffffff7f', 'hex')),
      want: /Timestamp is malformed/,
    },
    {
      name: 'a duration of two signs',
      any: anyOf('google.protobuf.Duration', Buffer.from('080110ffffffffffffffffff01', 'hex')),
      want: /Duration is malformed/,
    },
    {
      name: 'a list longer than its value',
      any: anyOf('google.protobuf.Value', Buffer.from('32050a00', 'hex')),
      want: /Value is malformed/,
    },
    {
      name: 'an item that runs over the end of its list',
      any: anyOf('google.protobuf.Value', Buffer.from('32040a031a05612001', 'hex')),
      want: /Value is malformed/,
    },
    {
      name: 'nested too deep',
      any: anyOf('google.protobuf.Value', nestedValue(VALUE_DEPTH_MAX + 1)),
      want: /Value is malformed: nested deeper than 100/,
    },
    {
      name: 'nested much too deep',
      any: anyOf('google.protobuf.Value', nestedValue(50_000)),
      want: /Value is malformed: nested deeper than 100/,
    },
    {
      name: 'a message nested in groups',
      any: anyOf('dispatch.sdk.v1.Error', Buffer.alloc(100_000, 0x7b)),
      want: /Error is malformed/,
    },
    {
      name: 'a Value nested in groups',
      any: anyOf('google.protobuf.Value', Buffer.alloc(100_000, 0x7b)),
      want: /Value is malformed/,
    },
  ]
  t.plan(cases.length)
  for (const { name, any, want } of cases) {
    t.throws(() => decodeValue(any), { status: 'invalid_argument', message: want }, name)
  }
})

/** The bytes of list values in list values. */
function nestedValue(depth: number): Buffer {
  let parts: Buffer[] = [Buffer.from('3200', 'hex')]
  let length = 2
  const layers: Buffer[] = []
  for (let level = 1; level < depth; level++) {
    const item = Buffer.concat([Buffer.from([0x0a]), varint(length)])
    const list = Buffer.concat([Buffer.from([0x32]), varint(length + item.length)])
    length += item.length + list.length
    layers.push(item, list)
  }
  parts = [...layers.reverse(), ...parts]
  return Buffer.concat(parts)
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest >>>= 7
  }
  return Buffer.from([...bytes, rest])
}

t.test('a value is whole wherever the buffer that it is written to grows', async (t) => {
  const parts = [null, true, '', 'é', 1, [], {}, [null], { a: null }]
  for (let offset = 3_900; offset < 4_110; offset++) {
    // Afterwards the buffer has its first size again.
    encodeValue('x'.repeat(70_000))
    const value = ['x'.repeat(offset % 4), ...new Array<string>(Math.floor(offset / 4)).fill(''), ...parts]
    t.strictSame(decodeValue(encodeValue(value)), value)
  }
})

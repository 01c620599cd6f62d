import { isDeepStrictEqual } from 'node:util'
import vm from 'node:vm'
import { toBinary as toBytes } from '@bufbuild/protobuf'
import { anyUnpack, ValueSchema } from '@bufbuild/protobuf/wkt'
import { VALUE_DEPTH_MAX } from '@dispatch/protocol/bounds'
import { type Any, AnySchema, create, fromBinary, JsValueSchema, toBinary } from '@dispatch/protocol/messages'
import { Duration, decodeValue, duration, encodeValue } from '@dispatch/protocol/values'
import fc from 'fast-check'
import t from 'tap'

const JS_VALUE_URL = 'type.googleapis.com/dispatch.sdk.node.v1.JsValue'

t.test('what JSON cannot carry comes back as it was', async (t) => {
  const date = new Date('2024-06-10T11:30:01.002Z')
  const cases = [
    { name: 'a date inside an object', value: { at: date } },
    {
      name: 'a map',
      value: new Map<unknown, unknown>([
        ['a', 1],
        [2, { b: new Set([1]) }],
        [{ c: 1 }, null],
      ]),
    },
    { name: 'an empty map and an empty set', value: [new Map(), new Set()] },
    { name: 'a set', value: new Set<unknown>([1, 'a', undefined, [2n]]) },
    { name: 'bigints', value: [0n, 1n, -1n, 2n ** 64n, -(2n ** 200n)] },
    {
      name: 'NaN, infinities and -0',
      value: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0],
    },
    { name: 'undefined items', value: [1, undefined, null, [undefined]] },
    { name: 'undefined in a map', value: new Map([[undefined, undefined]]) },
    { name: 'bytes inside', value: { a: new Uint8Array([1, 2]), b: new Uint8Array(0) } },
    {
      name: 'typed arrays',
      value: [
        new Int8Array([-1]),
        new Uint16Array([1, 65535]),
        new Float64Array([1.5, -0]),
        new BigInt64Array([-1n]),
      ],
    },
    { name: 'a typed array by itself', value: new Uint32Array([1, 2, 3]) },
    { name: 'a part of a typed array', value: new Float32Array([1, 2, 3, 4]).subarray(1, 3) },
    { name: 'an ArrayBuffer', value: [new Uint8Array([1, 2, 3]).buffer] },
    { name: 'a DataView', value: [new DataView(new Uint8Array([1, 2, 3]).buffer, 1)] },
    { name: 'text with lone surrogates', value: '\ud800' },
    { name: 'keys with lone surrogates', value: { '\udc00': 1 } },
    { name: 'items with lone surrogates', value: { a: ['a\ud83d'] } },
    { name: 'a property named $', value: { $: ['bigint', 'ff'], a: 1n } },
    { name: 'only a property named $', value: [{ $: ['date', 0] }, 1n] },
    { name: 'a property named $ inside another', value: { $: { $: { $: new Date(0) } } } },
    { name: 'a property named __proto__', value: [JSON.parse('{"__proto__":{"x":[1]},"a":1}'), 1n] },
    {
      name: 'properties named __proto__ and $',
      value: [JSON.parse('{"__proto__":{"$":1},"$":2}'), 1n],
    },
    { name: 'properties named as methods', value: { toString: 1n, hasOwnProperty: 2, constructor: null } },
    { name: 'maps as deep as allowed', value: nestedMaps(VALUE_DEPTH_MAX) },
    { name: 'as deep as allowed', value: [nested(VALUE_DEPTH_MAX - 1), 1n] },
  ] as { name: string; value: unknown }[]
  t.plan(cases.length * 2)
  for (const { name, value } of cases) {
    const any = encodeValue(value)
    t.equal(any.typeUrl, JS_VALUE_URL, `${name}: type`)
    t.ok(isDeepStrictEqual(decodeValue(any), value), name)
  }
})

function nested(depth: number): unknown {
  let value: unknown = []
  for (let level = 1; level < depth; level++) value = [value]
  return value
}

function nestedMaps(depth: number): unknown {
  let value: unknown = 1n
  for (let level = 0; level < depth; level++) value = new Map([['{["\\', value]])
  return value
}

t.test('the order of properties is kept', async (t) => {
  const value = { z: 1n, a: new Date(0), m: 1, $: 2, 7: 1 }
  t.strictSame(Object.keys(decodeValue(encodeValue(value)) as object), Object.keys(value))
  t.strictSame(Object.keys(decodeValue(encodeValue({ z: 1, a: 2, m: 3 })) as object), ['z', 'a', 'm'])
})

t.test('a property named __proto__ never becomes a prototype', async (t) => {
  const value = JSON.parse('{"__proto__":{"isAdmin":true}}')
  const plain = decodeValue(encodeValue(value)) as Record<string, unknown>
  const [rich] = decodeValue(encodeValue([value, 1n])) as Record<string, unknown>[]
  const [escaped] = decodeValue(encodeValue([{ ...value, $: 1 }, 1n])) as Record<string, unknown>[]
  for (const copy of [plain, rich, escaped]) {
    t.equal(copy?.isAdmin, undefined)
    t.equal(Object.getPrototypeOf(copy), Object.prototype)
  }
  t.equal(({} as Record<string, unknown>).isAdmin, undefined)
})

t.test('an invalid date stays one', async (t) => {
  const [date] = decodeValue(encodeValue([new Date(Number.NaN)])) as Date[]
  t.ok(Number.isNaN(date?.getTime()))
})

t.test('a duration inside an object', async (t) => {
  const { wait } = decodeValue(encodeValue({ wait: duration('1.5s') })) as { wait: Duration }
  t.ok(wait instanceof Duration)
  t.equal(wait.ms, 1_500)
})

t.test('what changes on the way is written down', async (t) => {
  class Names extends Map<string, number> {}
  const sparse = [1]
  sparse[2] = 3
  const twice = { at: new Date(0) }
  const cases = [
    { name: 'a Buffer becomes a Uint8Array', value: [Buffer.from('a')], want: [new Uint8Array([97])] },
    { name: 'a subclass becomes its base', value: new Names([['a', 1]]), want: new Map([['a', 1]]) },
    { name: 'undefined properties are left out', value: { a: undefined, b: 1n }, want: { b: 1n } },
    { name: 'a hole becomes undefined', value: sparse, want: [1, undefined, 3] },
    {
      name: 'an object that occurs twice becomes two',
      value: [twice, twice],
      want: [{ at: new Date(0) }, { at: new Date(0) }],
    },
    { name: 'a toJSON is asked', value: [{ toJSON: () => 'x' }, 1n], want: ['x', 1n] },
  ]
  t.plan(cases.length)
  for (const { name, value, want } of cases)
    t.ok(isDeepStrictEqual(decodeValue(encodeValue(value)), want), name)
})

t.test('values of another realm are carried as our own', async (t) => {
  const value: unknown = vm.runInNewContext(
    '({ a: [1, new Date(5), new Map([[1, new Set([2])]])], b: new Uint8Array([1]) })',
  )
  const want = { a: [1, new Date(5), new Map([[1, new Set([2])]])], b: new Uint8Array([1]) }
  t.ok(isDeepStrictEqual(decodeValue(encodeValue(value)), want))
  t.strictSame(decodeValue(encodeValue(vm.runInNewContext('({ a: [1] })'))), { a: [1] })
  t.same(decodeValue(encodeValue(vm.runInNewContext('new Uint8Array([1])'))), new Uint8Array([1]))
  t.same(decodeValue(encodeValue(vm.runInNewContext('new Date(5)'))), new Date(5))
})

function jsValue(json: string, chunks: Uint8Array[] = []): Any {
  const value = toBinary(JsValueSchema, create(JsValueSchema, { json, chunks }))
  return create(AnySchema, { typeUrl: JS_VALUE_URL, value })
}

t.test('malformed values are refused', async (t) => {
  const cases = [
    { name: 'no JSON', any: jsValue('') },
    { name: 'JSON that is cut off', any: jsValue('[1') },
    { name: 'an unknown tag', any: jsValue('{"$":["function","x"]}') },
    { name: 'no tag', any: jsValue('{"$":[]}') },
    { name: 'a tag that is no text', any: jsValue('{"$":[1,0]}') },
    { name: 'an inherited name as a tag', any: jsValue('{"$":["toString",0]}', [new Uint8Array(1)]) },
    { name: '$ beside other properties', any: jsValue('{"$":["date",0],"a":1}') },
    { name: '$ that is no array', any: jsValue('{"$":1}') },
    { name: 'a bigint that is none', any: jsValue('{"$":["bigint","xyz"]}') },
    { name: 'a bigint without digits', any: jsValue('{"$":["bigint","-"]}') },
    { name: 'a number that is none', any: jsValue('{"$":["number","1"]}') },
    { name: 'a date that is none', any: jsValue('{"$":["date","now"]}') },
    { name: 'a duration that is none', any: jsValue('{"$":["duration",1,-1]}') },
    { name: 'a map that is none', any: jsValue('{"$":["map",[1]]}') },
    { name: 'a set that is none', any: jsValue('{"$":["set",{}]}') },
    { name: 'an object with a key that is no text', any: jsValue('{"$":["object",[[1,2]]]}') },
    { name: 'bytes that are missing', any: jsValue('{"$":["Uint8Array",1]}', [new Uint8Array(1)]) },
    {
      name: 'bytes at a position that does not exist',
      any: jsValue('{"$":["Uint8Array","length"]}', [new Uint8Array(1)]),
    },
    { name: 'bytes that do not fit', any: jsValue('{"$":["Float64Array",0]}', [new Uint8Array(7)]) },
    {
      name: 'nested too deep',
      any: jsValue('['.repeat(VALUE_DEPTH_MAX + 1) + ']'.repeat(VALUE_DEPTH_MAX + 1)),
    },
    { name: 'nested much too deep', any: jsValue('['.repeat(500_000) + ']'.repeat(500_000)) },
    { name: 'objects nested too deep', any: jsValue(`${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`) },
    {
      name: 'sets nested too deep',
      any: jsValue(`${'{"$":["set",['.repeat(100_000)}${']]}'.repeat(100_000)}`),
    },
    {
      name: 'maps nested too deep',
      any: jsValue(`${'{"$":["map",[[1,'.repeat(100_000)}1${']]]}'.repeat(100_000)}`),
    },
    {
      name: 'bytes that are not a message',
      any: create(AnySchema, { typeUrl: JS_VALUE_URL, value: Buffer.from('0a05', 'hex') }),
    },
  ]
  t.plan(cases.length)
  for (const { name, any } of cases) {
    const want = {
      status: 'invalid_argument',
      message: /^a value of type dispatch\.sdk\.node\.v1\.JsValue is malformed/,
    }
    t.throws(() => decodeValue(any), want, name)
  }
})

t.test('a large bigint takes linear time', async (t) => {
  const value = [2n ** 4_000_000n - 1n]
  t.ok(isDeepStrictEqual(decodeValue(encodeValue(value)), value))
})

// Any value that we claim to carry. Keys include the names that have tripped codecs before.
const KEYS = fc.oneof(
  fc.string(),
  fc.constantFrom('$', '__proto__', 'constructor', 'toString', 'length', '0', ''),
)

const JSON_VALUES = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(fc.tuple(KEYS, tie('value')), { maxLength: 6 }).map(objectOf),
  ),
})).value

const JS_VALUES = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    JSON_VALUES,
    fc.double(),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.string({ unit: fc.constantFrom('a', '\ud800', '\udc00', '"', '\\') }),
    fc.uint8Array(),
    fc.float64Array(),
    fc.int16Array(),
    fc.array(fc.oneof(tie('value'), fc.constant(undefined)), { maxLength: 6 }),
    fc.array(fc.tuple(KEYS, tie('value')), { maxLength: 6 }).map(objectOf),
    fc
      .array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 })
      .map((entries) => new Map(entries as [unknown, unknown][])),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)),
  ),
})).value

function objectOf(entries: [string, unknown][]): object {
  return Object.fromEntries(entries)
}

t.test('every JSON value comes back from a Value that the protobuf runtime reads too', async (t) => {
  const isCarried = fc.property(fc.array(JSON_VALUES), (value) => {
    const any = encodeValue(value)
    const message = anyUnpack(any, ValueSchema)
    return (
      isDeepStrictEqual(decodeValue(any), value) &&
      message !== undefined &&
      isDeepStrictEqual(decodeValue({ ...any, value: toBytes(ValueSchema, message) }), value)
    )
  })
  t.doesNotThrow(() => fc.assert(isCarried, { numRuns: 3_000 }))
})

t.test('every value comes back as it was', async (t) => {
  const isCarried = fc.property(JS_VALUES, (value) => {
    const any = encodeValue([value])
    return isDeepStrictEqual(decodeValue(any), [value])
  })
  t.doesNotThrow(() => fc.assert(isCarried, { numRuns: 3_000 }))
})

t.test('every value round-trips, numbers as numbers', async (t) => {
  const single = fc.oneof(
    fc.double(),
    fc.maxSafeInteger(),
    fc.string({ unit: 'binary' }),
    fc.uint8Array(),
    fc.date({ noInvalidDate: true }),
    fc.boolean(),
  )
  const isCarried = fc.property(single, (value) => isDeepStrictEqual(decodeValue(encodeValue(value)), value))
  t.doesNotThrow(() => fc.assert(isCarried, { numRuns: 5_000 }))
})

t.test('damaged values are refused or read as something else, and nothing worse', async (t) => {
  const damage = fc.record({ value: JS_VALUES, at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })
  const isHandled = fc.property(damage, ({ value, at, byte }) => {
    const any = encodeValue([value])
    const bytes = new Uint8Array(any.value)
    bytes[at % Math.max(bytes.length, 1)] = byte
    try {
      decodeValue({ ...any, value: bytes })
      return true
    } catch (error) {
      return (error as { status?: string }).status === 'invalid_argument'
    }
  })
  t.doesNotThrow(() => fc.assert(isHandled, { numRuns: 5_000 }))
})

t.test('the message is what the protobuf runtime writes', async (t) => {
  const { value } = encodeValue({ a: new Uint8Array([1]), b: [new Uint8Array(300)] })
  t.same(new Uint8Array(toBinary(JsValueSchema, fromBinary(JsValueSchema, value))), value)
})

import { deepStrictEqual } from 'node:assert/strict'
import {
  type DescMessage,
  type JsonValue,
  fromJson as referenceFrom,
  toJson as referenceTo,
} from '@bufbuild/protobuf'
import fc from 'fast-check'
import t from 'tap'
import { fromJson, fromJsonString } from '../../dist/proto/from-json.js'
import type { Json } from '../../dist/proto/json.js'
import type { Message, MessageSchema } from '../../dist/proto/message.js'
import { toJson, toJsonString } from '../../dist/proto/to-json.js'
import { messageOf } from './arbitrary-message.js'
import { OWN, PAIRS, REFERENCE } from './reference.js'

// Every message type, made from its descriptor, against protobuf-es.

const OPTIONS = { registry: OWN }
const REFERENCE_OPTIONS = { registry: REFERENCE, ignoreUnknownFields: true }
const RUNS = Number(process.env.PROTO_RUNS ?? 200)

for (const { name, own, reference } of PAIRS) {
  t.test(`${name} goes to JSON and back as protobuf-es does it`, async (t) => {
    const isSame = fc.property(messageOf(reference, { forJson: true }), (message) => {
      const json = outcomeOf(() => toJson(own, message, OPTIONS))
      deepStrictEqual(
        json,
        outcomeOf(() => referenceTo(reference, message, REFERENCE_OPTIONS)),
      )
      if (json === undefined) return
      const text = toJsonString(own, message, OPTIONS)
      deepStrictEqual(text, JSON.stringify(json))
      deepStrictEqual(
        fromJsonString(own, text, OPTIONS),
        referenceFrom(reference, JSON.parse(text), REFERENCE_OPTIONS),
      )
    })
    t.doesNotThrow(() => fc.assert(isSame, { numRuns: RUNS }))
  })

  t.test(`other JSON than that of ${name} is refused, or read as protobuf-es does it`, async (t) => {
    const isSame = fc.property(damagedJsonOf(reference), (json) => {
      deepStrictEqual(
        outcomeOf(() => fromJson(own, json, OPTIONS)),
        outcomeOf(() => referenceFrom(reference, json, REFERENCE_OPTIONS)),
      )
    })
    t.doesNotThrow(() => fc.assert(isSame, { numRuns: RUNS }))
  })
}

t.test('where we differ from protobuf-es', async (t) => {
  const call = OWN.get('dispatch.sdk.v1.Call') as MessageSchema
  const response = OWN.get('dispatch.sdk.v1.RunResponse') as MessageSchema
  const read = (json: Json) => fromJson(call, json, OPTIONS) as Message & Record<string, unknown>
  t.equal(read({ correlationId: '1e2' }).correlationId, 100n, 'an exponent is for integers of 64 bits, too')
  t.equal(read({ priority: '-0' }).priority, 0, '-0 is no integer of its own')
  t.throws(
    () => read({ correlationId: 2 ** 53 }),
    /correlation_id: expected an uint64/,
    'rounded numbers are refused',
  )
  t.throws(
    () => read({ correlationId: ' 1' }),
    /correlation_id: expected an uint64/,
    'and numbers with spaces',
  )
  const error = OWN.get('dispatch.sdk.v1.Error') as MessageSchema
  t.throws(
    () => fromJson(error, { value: 'A===' }, OPTIONS),
    /value: expected base64/,
    'and a string that is not base64',
  )
  const exit = fromJson(response, { exit: {}, poll: null }, OPTIONS) as Message & {
    directive: { case: string }
  }
  t.equal(exit.directive.case, 'exit', 'null is no member of a oneof')
  t.equal(
    (fromJsonString(call, '{"function":"f","function":"g"}', OPTIONS) as typeof exit & { function: string })
      .function,
    'g',
    'the last of two properties of one name counts',
  )
})

const LEAVES: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue[]>(
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  2 ** 31,
  2 ** 32,
  -(2 ** 31),
  1e300,
  '',
  'x',
  '0',
  '1',
  '-1',
  '1.5',
  '01',
  '0x10',
  'true',
  'NaN',
  'Infinity',
  '-Infinity',
  '18446744073709551615',
  '18446744073709551616',
  '-9223372036854775808',
  'AQI=',
  'AQI',
  '-_==',
  '+/8',
  'A',
  'STATUS_OK',
  'STATUS_NEW',
  '3s',
  '-3.5s',
  '-0.5s',
  '3',
  's',
  '1.s',
  '315576000001s',
  '\ud800',
  '2024-02-29T10:00:00Z',
  '2023-02-29T10:00:00Z',
  '2024-01-01T10:00:00.5+01:00',
  '2024-01-01T25:00:00Z',
  '0000-01-01T00:00:00Z',
  '2024-01-01',
  [],
  {},
  [null],
  [1],
  { a: 1 },
  { value: 1 },
  { '@type': 'x/google.protobuf.StringValue', value: 'a' },
  { '@type': 'google.protobuf.Empty' },
  { '@type': 'google.protobuf.Empty', value: {} },
  { '@type': 'dispatch.sdk.v1.Call', function: 'f' },
  { '@type': 'unknown' },
  { '@type': '' },
  { value: {} },
  [[]],
)

/**
 * The JSON of a message in which something was replaced by something else, or given another name, or is there twice.
 * Left out is what the reference takes otherwise: see the last test.
 */
function damagedJsonOf(schema: DescMessage): fc.Arbitrary<JsonValue> {
  const whole = messageOf(schema, { forJson: true }).map(
    (message) => outcomeOf(() => referenceTo(schema, message, REFERENCE_OPTIONS)) ?? {},
  )
  const names = schema.fields.flatMap(({ name, jsonName }) => [name, jsonName])
  return fc.oneof(
    LEAVES,
    fc.tuple(whole, fc.nat(), LEAVES).map(([json, at, leaf]) => replaced(json, at, leaf)),
    fc
      .tuple(
        whole,
        fc.constantFrom('unknown', ...names),
        LEAVES.filter((leaf) => leaf !== null),
      )
      .map(([json, name, leaf]) => (isObject(json) ? { ...json, [name]: leaf } : json)),
  )
}

/** The JSON with another value in one of its places. */
function replaced(json: JsonValue, at: number, leaf: JsonValue): JsonValue {
  if (typeof json !== 'object' || json === null) return leaf
  const keys = Object.keys(json)
  if (keys.length === 0) return leaf
  const key = keys[at % keys.length] as string
  const rest = Math.floor(at / keys.length)
  if (Array.isArray(json))
    return json.map((item, index) => (String(index) === key ? replaced(item, rest, leaf) : item))
  return { ...json, [key]: replaced(json[key] as JsonValue, rest, leaf) }
}

function isObject(json: JsonValue): json is { [key: string]: JsonValue } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function outcomeOf<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}

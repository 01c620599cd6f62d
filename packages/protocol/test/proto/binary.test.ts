import { deepStrictEqual } from 'node:assert/strict'
import {
  create as referenceCreate,
  fromBinary as referenceFrom,
  toBinary as referenceTo,
} from '@bufbuild/protobuf'
import fc from 'fast-check'
import t from 'tap'
import { fromBinary, toBinary } from '../../dist/proto/binary.js'
import { create } from '../../dist/proto/create.js'
import type { Message, MessageSchema } from '../../dist/proto/message.js'
import { writeProto } from '../../dist/proto/writer.js'
import { damagedBytesOf, messageOf } from './arbitrary-message.js'
import { OWN, PAIRS } from './reference.js'
import { isWellFormed } from './well-formed.js'

// Every message type, made from its descriptor, against protobuf-es: a field that is forgotten somewhere fails here.

t.test('every type is there', async (t) => {
  t.strictSame(PAIRS.map(({ name }) => name).sort(), [...OWN.keys()].sort())
  for (const { name, own, reference } of PAIRS) {
    t.strictSame(
      own.fields.map((field) => field.name).sort(),
      reference.fields.map((field) => field.name).sort(),
      name,
    )
  }
})

for (const { name, own, reference } of PAIRS) {
  t.test(`${name} is written, and read, as protobuf-es does it`, async (t) => {
    const isSame = fc.property(messageOf(reference), (message) => {
      const bytes = toBinary(own, message)
      deepStrictEqual(hex(bytes), hex(referenceTo(reference, message)))
      deepStrictEqual(fromBinary(own, bytes), referenceFrom(reference, bytes))
    })
    t.doesNotThrow(() => fc.assert(isSame, { numRuns: 300 }))
  })

  t.test(`${name} is made of its parts as protobuf-es does it`, async (t) => {
    const isSame = fc.property(messageOf(reference), (message) => {
      const parts = partsOf(message)
      deepStrictEqual(create(own, parts), referenceCreate(reference, parts))
      t.equal(create(own, message), message)
    })
    t.doesNotThrow(() => fc.assert(isSame, { numRuns: 50 }))
  })

  t.test(`damaged bytes of ${name} are refused, or read as protobuf-es does it`, async (t) => {
    const isSame = fc.property(damagedBytesOf(reference), (bytes) => {
      const got = outcomeOf(() => fromBinary(own, bytes))
      switch (outcomeOf(() => isWellFormed(reference, bytes))) {
        case true:
          return deepStrictEqual(
            got,
            outcomeOf(() => referenceFrom(reference, bytes)),
          )
        case undefined:
          return deepStrictEqual(got, undefined)
        case false:
          // The reference makes something of it. We refuse, or keep the field as one that is not known.
          if (got !== undefined) deepStrictEqual(fromBinary(own, toBinary(own, got)), got)
      }
    })
    t.doesNotThrow(() => fc.assert(isSame, { numRuns: Number(process.env.PROTO_RUNS ?? 300) }))
  })
}

const CALL = OWN.get('dispatch.sdk.v1.Call') as MessageSchema
const VALUE = OWN.get('google.protobuf.Value') as MessageSchema

t.test('bytes that break the rules of the format are refused', async (t) => {
  const cases = [
    { name: 'a text that is cut off', hex: '120561' },
    { name: 'a number that is cut off', hex: '0880' },
    { name: 'a number of eleven bytes', hex: '088080808080808080808001' },
    { name: 'a number of eleven bytes, of a field that is not known', hex: 'f87f8080808080808080808001' },
    { name: 'a double that is cut off, of a field that is not known', hex: 'f97f00' },
    { name: 'a part that ends behind its whole', hex: '22020a056162636465' },
    { name: 'a number that ends behind its part', hex: '2a0208808001' },
    { name: 'text that is not UTF-8', hex: '1202c328' },
    { name: 'half a pair of surrogates', hex: '1203eda080' },
    { name: 'field 0', hex: '0000' },
    { name: 'a tag of more than 32 bits', hex: '9280808010' },
    { name: 'a wire type that there is not', hex: 'ff7f' },
    { name: 'a group that does not end', hex: 'fb7f' },
    { name: 'a group that ends as another one', hex: 'fb7ff47f' },
    { name: 'the end of a group that did not begin', hex: 'fc7f' },
  ]
  t.plan(cases.length)
  for (const { name, hex: text } of cases) t.throws(() => fromBinary(CALL, Buffer.from(text, 'hex')), name)
})

t.test('what may stand anywhere is read', async (t) => {
  const cases = [
    { name: 'the character for what is malformed', hex: '1203efbfbd', want: { endpoint: '\ufffd' } },
    { name: 'a byte order mark', hex: '1203efbbbf', want: { endpoint: '\ufeff' } },
    { name: 'a long form of a tag and of a number', hex: '8800' + '8500', want: { correlationId: 5n } },
    {
      name: 'a known field of another wire type',
      hex: '1007',
      want: { endpoint: '', $unknown: [{ no: 2 }] },
    },
    { name: 'a group', hex: 'fb7f' + '1003' + 'fc7f', want: { $unknown: [{ no: 2047, wireType: 3 }] } },
  ]
  t.plan(cases.length)
  for (const { name, hex: text, want } of cases)
    t.match(fromBinary(CALL, Buffer.from(text, 'hex')), want, name)
})

t.test('messages are nested 100 deep and no deeper', async (t) => {
  const list = (inner: Uint8Array) => nested(0x32, nested(0x0a, inner))
  let bytes: Uint8Array = new Uint8Array()
  for (let depth = 0; depth < 49; depth++) bytes = list(bytes)
  t.ok(fromBinary(VALUE, bytes), '99 messages in a Value')
  t.throws(() => fromBinary(VALUE, list(bytes)), /nested deeper than 100/)
  const groups = Buffer.from('fb7f'.repeat(100) + 'fc7f'.repeat(100), 'hex')
  t.throws(() => fromBinary(CALL, groups), /nested deeper than 100/)
})

t.test('a key of a map may have any name', async (t) => {
  const struct = OWN.get('google.protobuf.Struct') as MessageSchema
  const entry = nested(
    0x0a,
    Buffer.concat([nested(0x0a, Buffer.from('__proto__')), nested(0x12, Buffer.from('2001', 'hex'))]),
  )
  const { fields } = fromBinary(struct, entry) as Message & { fields: Record<string, unknown> }
  t.strictSame(Object.keys(fields), ['__proto__'])
})

function nested(tag: number, bytes: Uint8Array): Uint8Array {
  return writeProto((writer, content) => {
    writer.uint32(tag)
    writer.bytes(content)
  }, bytes)
}

function outcomeOf<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** The message in plain form: without type names, at any depth. */
function partsOf(value: unknown): Record<string, unknown> {
  const plain = (content: unknown): unknown => {
    if (typeof content !== 'object' || content === null || content instanceof Uint8Array) return content
    if (Array.isArray(content)) return content.map(plain)
    return partsOf(content)
  }
  const entries = Object.entries(value as object).filter(([key]) => key !== '$typeName' && key !== '$unknown')
  return Object.fromEntries(entries.map(([key, content]) => [key, plain(content)]))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

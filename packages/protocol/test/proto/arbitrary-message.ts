import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf'
import { type Any, anyPack } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { REFERENCE } from './reference.js'

/** Generators of random messages. */
export interface MessageOptions {
  /** Only what has a JSON form: whatever an `Any` holds is of a type that is known, times are in range. */
  readonly forJson?: boolean
}

const UNKNOWN_FIELDS = fc.option(fc.constant({ no: 2_000, wireType: 2, data: Uint8Array.of(1, 7) }), {
  nil: undefined,
  freq: 4,
})

const TEXT = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60, size: 'max' }),
  fc.string({ unit: fc.constantFrom('a', 'ä', '✓', '\ufffd', '\ufeff', '😀'), maxLength: 150, size: 'max' }),
)

const SCALARS = new Map<ScalarType, fc.Arbitrary<unknown>>([
  [ScalarType.BOOL, fc.boolean()],
  [ScalarType.BYTES, fc.uint8Array({ maxLength: 200 })],
  [ScalarType.DOUBLE, fc.double()],
  [ScalarType.FLOAT, fc.float()],
  [ScalarType.INT32, fc.integer()],
  [ScalarType.UINT32, fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 0xffff_ffff }))],
  [ScalarType.INT64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [ScalarType.UINT64, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [ScalarType.STRING, TEXT],
])

/** Text that UTF-8 cannot carry: it goes out with U+FFFD in its place. */
const LONE_SURROGATES = fc.string({ unit: fc.constantFrom('a', '\ud800'), maxLength: 50 })

/** Any message of this type, four levels deep. */
export function messageOf(
  schema: DescMessage,
  options: MessageOptions = {},
  depth = 4,
): fc.Arbitrary<Message> {
  if (options.forJson) {
    const special = specialOf(schema, depth)
    if (special !== undefined) return special
  }
  const fields = schema.fields.filter((field) => depth > 0 || field.message === undefined)
  const entries = fields.map((field) =>
    fc.record({
      field: fc.constant(field),
      content: fc.option(contentOf(field, options, depth), { nil: undefined }),
    }),
  )
  return fc.tuple(UNKNOWN_FIELDS, ...entries).map(([unknown, ...parts]) => {
    const init: Record<string, unknown> = {}
    for (const { field, content } of parts) {
      if (content === undefined) continue
      if (field.oneof === undefined) init[field.localName] = content
      else init[field.oneof.localName] = { case: field.localName, value: content }
    }
    const message = create(schema, init)
    if (unknown !== undefined) message.$unknown = [unknown]
    return message
  })
}

/** Bytes of a message, and what becomes of such bytes on a bad day. */
export function damagedBytesOf(schema: DescMessage): fc.Arbitrary<Uint8Array> {
  const whole = messageOf(schema).map((message) => toBinary(schema, message))
  const position = fc.nat(300)
  const damaged: fc.Arbitrary<Uint8Array> = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.tuple(whole, position).map(([bytes, at]) => bytes.subarray(0, at % (bytes.length + 1))),
    fc.tuple(whole, whole).map(([first, second]) => Buffer.concat([first, second])),
    fc.tuple(whole, position, fc.uint8Array({ maxLength: 12 }), fc.nat(3)).map(([bytes, at, more, gone]) => {
      const cut = at % (bytes.length + 1)
      return Buffer.concat([bytes.subarray(0, cut), more, bytes.subarray(cut + gone)])
    }),
    fc
      .tuple(whole, fc.array(fc.tuple(position, fc.nat(255)), { minLength: 1, maxLength: 3 }))
      .map(([bytes, changes]) => {
        const copy = Uint8Array.from(bytes)
        for (const [at, byte] of changes) if (copy.length > 0) copy[at % copy.length] = byte
        return copy
      }),
  )
  return damaged.map((bytes) => Uint8Array.from(bytes))
}

function contentOf(field: DescField, options: MessageOptions, depth: number): fc.Arbitrary<unknown> {
  const { message } = field
  const single = message === undefined ? scalarOf(field, options) : messageOf(message, options, depth - 1)
  if (field.fieldKind === 'map') return fc.dictionary(TEXT, single, { maxKeys: 3 })
  return field.fieldKind === 'list' ? fc.array(single, { maxLength: 3 }) : single
}

function scalarOf(field: DescField, { forJson = false }: MessageOptions): fc.Arbitrary<unknown> {
  if (field.enum !== undefined) return fc.oneof(fc.integer({ min: 0, max: 15 }), fc.integer())
  const arbitrary = SCALARS.get(field.scalar as ScalarType)
  if (arbitrary === undefined) throw new TypeError(`no values for ${field}`)
  if (field.scalar === ScalarType.STRING && !forJson) return fc.oneof(arbitrary, LONE_SURROGATES)
  return arbitrary
}

const NANOS = fc.oneof(fc.constantFrom(0, 5_000_000, 7_000), fc.nat(999_999_999))

/** Messages of the types whose JSON has limits of its own. */
function specialOf(schema: DescMessage, depth: number): fc.Arbitrary<Message> | undefined {
  switch (schema.typeName) {
    case 'google.protobuf.Any': {
      const types = [...REFERENCE].filter((desc): desc is DescMessage => desc.kind === 'message')
      const inner =
        depth < 0 ? types.filter(({ fields }) => fields.length === 1 && !fields[0]?.message) : types
      return fc
        .constantFrom(...inner)
        .chain((desc) =>
          messageOf(desc, { forJson: true }, depth - 2).map((message) => anyPack(desc, message) as Any),
        )
    }
    case 'google.protobuf.Timestamp':
      return fc
        .tuple(fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n }), NANOS)
        .map(([seconds, nanos]) => create(schema, { seconds, nanos }))
    case 'google.protobuf.Duration':
      return fc
        .tuple(fc.bigInt({ min: 0n, max: 315_576_000_000n }), NANOS, fc.boolean())
        .map(([seconds, nanos, isNegative]) =>
          isNegative
            ? create(schema, { seconds: -seconds, nanos: nanos === 0 ? 0 : -nanos })
            : create(schema, { seconds, nanos }),
        )
    default:
      return undefined
  }
}

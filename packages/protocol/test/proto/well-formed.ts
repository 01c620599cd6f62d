import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'

/**
 * Whether these bytes keep the rules of the format that protobuf-es does not insist on: every field has the wire type
 * of its kind, every part ends inside its whole, no number is longer than ten bytes. Walks the bytes with the
 * reference's own reader, so it may throw for others that are malformed.
 */
export function isWellFormed(schema: DescMessage, bytes: Uint8Array): boolean {
  return isWellFormedPart(schema, new BinaryReader(bytes), bytes.length, bytes)
}

function isWellFormedPart(
  schema: DescMessage,
  reader: BinaryReader,
  end: number,
  bytes: Uint8Array,
): boolean {
  while (reader.pos < end) {
    const [number, wireType] = reader.tag()
    const start = reader.pos
    const field = schema.fields.find((it) => it.number === number)
    if (field !== undefined && !wireTypesOf(field).includes(wireType)) return false
    if (wireType === WireType.LengthDelimited) {
      const last = reader.uint32() + reader.pos
      if (last > end) return false
      if (field?.message !== undefined) {
        const isGood =
          field.fieldKind === 'map'
            ? isWellFormedEntry(field, reader, last, bytes)
            : isWellFormedPart(field.message, reader, last, bytes)
        if (!isGood) return false
      }
      if (field !== undefined && isNumber(field)) {
        while (reader.pos < last) reader.uint64()
        if (reader.pos !== last) return false
      }
      reader.pos = last
    } else {
      reader.skip(wireType, number)
    }
    const hasLongNumber = wireType === WireType.Varint && reader.pos - start > 10
    // Numbers inside groups are not looked at one by one.
    if (hasLongNumber || wireType === WireType.StartGroup) return false
  }
  return reader.pos === end
}

function isWellFormedEntry(field: DescField, reader: BinaryReader, end: number, bytes: Uint8Array): boolean {
  while (reader.pos < end) {
    const [number, wireType] = reader.tag()
    if (number <= 2 && wireType !== WireType.LengthDelimited) return false
    if (wireType !== WireType.LengthDelimited) return false
    const last = reader.uint32() + reader.pos
    if (last > end) return false
    if (number === 2 && !isWellFormedPart(field.message as DescMessage, reader, last, bytes)) return false
    reader.pos = last
  }
  return reader.pos === end
}

function isNumber(field: DescField): boolean {
  return field.message === undefined && !wireTypesOf(field, true).includes(WireType.LengthDelimited)
}

/** Numbers of a list may come together or one by one. */
function wireTypesOf(field: DescField, isItem = false): readonly WireType[] {
  if (field.message !== undefined) return [WireType.LengthDelimited]
  switch (field.scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return [WireType.LengthDelimited]
    case ScalarType.DOUBLE:
      return [WireType.Bit64]
    case ScalarType.FLOAT:
      return [WireType.Bit32]
    default:
      return field.fieldKind === 'list' && !isItem
        ? [WireType.Varint, WireType.LengthDelimited]
        : [WireType.Varint]
  }
}

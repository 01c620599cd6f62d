import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire'
import { VALUE_DEPTH_MAX } from '../limits.js'
import { setOwn } from '../set-own.js'

/**
 * The JSON value in a `google.protobuf.Value`; one without content is `null`. Reads the bytes directly: the
 * runtime would build three objects for each number, and stops at a third of our depth.
 *
 * @throws {Error} when the bytes are no such message, or nested deeper than `VALUE_DEPTH_MAX`.
 */
export function decodeJsonValue(bytes: Uint8Array): unknown {
  return readValue(new BinaryReader(bytes), bytes.length, 0)
}

/** As {@link decodeJsonValue}, for a `google.protobuf.ListValue`. */
export function decodeJsonList(bytes: Uint8Array): unknown[] {
  return readList(new BinaryReader(bytes), bytes.length, 1)
}

/** As {@link decodeJsonValue}, for a `google.protobuf.Struct`. */
export function decodeJsonStruct(bytes: Uint8Array): Record<string, unknown> {
  return readStruct(new BinaryReader(bytes), bytes.length, 1)
}

/** Of several contents the last one counts. */
function readValue(reader: BinaryReader, end: number, depth: number): unknown {
  let value: unknown = null
  while (reader.pos < end) {
    const tag = reader.uint32()
    switch (tag) {
      case 0x08:
        reader.int32()
        value = null
        break
      case 0x11:
        value = reader.double()
        break
      case 0x1a:
        value = reader.string(true)
        break
      case 0x20:
        value = reader.bool()
        break
      case 0x2a:
        value = readStruct(reader, endOfPart(reader), depth + 1)
        break
      case 0x32:
        value = readList(reader, endOfPart(reader), depth + 1)
        break
      default:
        skip(reader, tag)
    }
  }
  assertAt(reader, end)
  return value
}

function readList(reader: BinaryReader, end: number, depth: number): unknown[] {
  assertDepth(depth)
  const items: unknown[] = []
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === 0x0a) items.push(readValue(reader, endOfPart(reader), depth))
    else skip(reader, tag)
  }
  assertAt(reader, end)
  return items
}

function readStruct(reader: BinaryReader, end: number, depth: number): Record<string, unknown> {
  assertDepth(depth)
  const properties: Record<string, unknown> = {}
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === 0x0a) readEntry(reader, endOfPart(reader), depth, properties)
    else skip(reader, tag)
  }
  assertAt(reader, end)
  return properties
}

function readEntry(
  reader: BinaryReader,
  end: number,
  depth: number,
  properties: Record<string, unknown>,
): void {
  let key = ''
  let value: unknown = null
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === 0x0a) key = reader.string(true)
    else if (tag === 0x12) value = readValue(reader, endOfPart(reader), depth)
    else skip(reader, tag)
  }
  assertAt(reader, end)
  setOwn(properties, key, value)
}

/** The end that the part claims to have. When it is beyond its whole, {@link assertAt} fails there. */
function endOfPart(reader: BinaryReader): number {
  return reader.uint32() + reader.pos
}

function skip(reader: BinaryReader, tag: number): void {
  reader.skip((tag & 7) as WireType, tag >>> 3, VALUE_DEPTH_MAX)
}

function assertAt(reader: BinaryReader, end: number): void {
  if (reader.pos !== end) throw new RangeError('a part is longer than the whole')
}

function assertDepth(depth: number): void {
  if (depth > VALUE_DEPTH_MAX)
    throw new RangeError(`nested deeper than ${VALUE_DEPTH_MAX} arrays and objects`)
}

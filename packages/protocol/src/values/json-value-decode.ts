import { VALUE_DEPTH_MAX } from '../bounds/limits.js'
import { ProtoReader } from '../proto/reader.js'
import { setOwn } from '../proto/set-own.js'

/**
 * The JSON value in a `google.protobuf.Value`; one without content is `null`. Reads the bytes directly: as a message
 * each number would be three objects, and messages may not be nested as deep as our values.
 *
 * @throws {Error} when the bytes are not a valid message, or nested deeper than `VALUE_DEPTH_MAX`.
 */
export function decodeJsonValue(bytes: Uint8Array): unknown {
  return readValue(new ProtoReader(bytes), bytes.length, 0)
}

/** As {@link decodeJsonValue}, for a `google.protobuf.ListValue`. */
export function decodeJsonList(bytes: Uint8Array): unknown[] {
  return readList(new ProtoReader(bytes), bytes.length, 1)
}

/** As {@link decodeJsonValue}, for a `google.protobuf.Struct`. */
export function decodeJsonStruct(bytes: Uint8Array): Record<string, unknown> {
  return readStruct(new ProtoReader(bytes), bytes.length, 1)
}

/** The last of several occurrences counts. */
function readValue(reader: ProtoReader, end: number, depth: number): unknown {
  let value: unknown = null
  while (reader.position < end) {
    const tag = reader.tag()
    switch (tag) {
      case 0x08:
        reader.int32()
        value = null
        break
      case 0x11:
        value = reader.double()
        break
      case 0x1a:
        value = reader.string()
        break
      case 0x20:
        value = reader.bool()
        break
      case 0x2a:
        value = readStruct(reader, reader.partEnd(), depth + 1)
        break
      case 0x32:
        value = readList(reader, reader.partEnd(), depth + 1)
        break
      default:
        reader.skip(tag)
    }
  }
  reader.assertAt(end)
  return value
}

function readList(reader: ProtoReader, end: number, depth: number): unknown[] {
  assertDepth(depth)
  const items: unknown[] = []
  while (reader.position < end) {
    const tag = reader.tag()
    if (tag === 0x0a) items.push(readValue(reader, reader.partEnd(), depth))
    else reader.skip(tag)
  }
  reader.assertAt(end)
  return items
}

function readStruct(reader: ProtoReader, end: number, depth: number): Record<string, unknown> {
  assertDepth(depth)
  const properties: Record<string, unknown> = {}
  while (reader.position < end) {
    const tag = reader.tag()
    if (tag === 0x0a) readEntry(reader, reader.partEnd(), depth, properties)
    else reader.skip(tag)
  }
  reader.assertAt(end)
  return properties
}

function readEntry(
  reader: ProtoReader,
  end: number,
  depth: number,
  properties: Record<string, unknown>,
): void {
  let key = ''
  let value: unknown = null
  while (reader.position < end) {
    const tag = reader.tag()
    if (tag === 0x0a) key = reader.string()
    else if (tag === 0x12) value = readValue(reader, reader.partEnd(), depth)
    else reader.skip(tag)
  }
  reader.assertAt(end)
  setOwn(properties, key, value)
}

function assertDepth(depth: number): void {
  if (depth > VALUE_DEPTH_MAX)
    throw new RangeError(`nested deeper than ${VALUE_DEPTH_MAX} arrays and objects`)
}

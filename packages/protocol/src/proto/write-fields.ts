import type { Message, MessageSchema } from './message.js'
import type { ProtoWriter } from './writer.js'

// Writers used by generated code. A tag is a number: field << 3 | wire type, where type 0 is a varint, 1
// has eight bytes, 2 has a length and 5 has four bytes. The functions named `write…` leave zero out, which proto3
// does for fields that have no presence; those named `put…` write it too, for members of a oneof and of a list.

export function writeString(writer: ProtoWriter, tag: number, value: string): void {
  if (value !== '') putString(writer, tag, value)
}

export function putString(writer: ProtoWriter, tag: number, value: string): void {
  writer.uint32(tag)
  writer.text(value)
}

export function writeBytes(writer: ProtoWriter, tag: number, value: Uint8Array): void {
  if (value.length > 0) putBytes(writer, tag, value)
}

export function putBytes(writer: ProtoWriter, tag: number, value: Uint8Array): void {
  writer.uint32(tag)
  writer.bytes(value)
}

export function writeBool(writer: ProtoWriter, tag: number, value: boolean): void {
  if (value) putBool(writer, tag, value)
}

export function putBool(writer: ProtoWriter, tag: number, value: boolean): void {
  writer.uint32(tag)
  writer.byte(value ? 1 : 0)
}

export function writeUint32(writer: ProtoWriter, tag: number, value: number): void {
  if (value === 0) return
  writer.uint32(tag)
  writer.uint32(value)
}

export function writeInt32(writer: ProtoWriter, tag: number, value: number): void {
  if (value !== 0) putInt32(writer, tag, value)
}

export function putInt32(writer: ProtoWriter, tag: number, value: number): void {
  writer.uint32(tag)
  writer.int32(value)
}

export function writeUint64(writer: ProtoWriter, tag: number, value: bigint): void {
  if (value !== 0n) putUint64(writer, tag, value)
}

export function putUint64(writer: ProtoWriter, tag: number, value: bigint): void {
  writer.uint32(tag)
  writer.uint64(value)
}

export function writeInt64(writer: ProtoWriter, tag: number, value: bigint): void {
  if (value === 0n) return
  writer.uint32(tag)
  writer.int64(value)
}

/** -0 is not zero. */
export function writeDouble(writer: ProtoWriter, tag: number, value: number): void {
  if (!Object.is(value, 0)) putDouble(writer, tag, value)
}

export function putDouble(writer: ProtoWriter, tag: number, value: number): void {
  writer.uint32(tag)
  writer.double(value)
}

export function writeFloat(writer: ProtoWriter, tag: number, value: number): void {
  if (Object.is(value, 0)) return
  writer.uint32(tag)
  writer.float(value)
}

/** Numbers in one part, without tags of their own. */
export function writePacked(
  writer: ProtoWriter,
  tag: number,
  values: readonly number[],
  put: (writer: ProtoWriter, value: number) => void,
): void {
  if (values.length === 0) return
  writer.uint32(tag)
  const mark = writer.fork()
  for (const value of values) put(writer, value)
  writer.join(mark)
}

export function writeMessage<Shape extends Message>(
  writer: ProtoWriter,
  tag: number,
  schema: MessageSchema<Shape>,
  message: Shape | undefined,
): void {
  if (message === undefined) return
  writer.uint32(tag)
  const mark = writer.fork()
  schema.write(writer, message)
  writer.join(mark)
}

/** A map from strings to messages: for each entry a part with the key and the value. */
export function writeMap<Shape extends Message>(
  writer: ProtoWriter,
  tag: number,
  schema: MessageSchema<Shape>,
  map: Readonly<Record<string, Shape>>,
): void {
  for (const key of Object.keys(map)) {
    writer.uint32(tag)
    const mark = writer.fork()
    putString(writer, 0x0a, key)
    writeMessage(writer, 0x12, schema, map[key])
    writer.join(mark)
  }
}

/** Fields of newer versions that the message came with. */
export function writeUnknown(writer: ProtoWriter, message: Message): void {
  if (message.$unknown === undefined) return
  for (const { no, wireType, data } of message.$unknown) {
    writer.uint32(((no << 3) | wireType) >>> 0)
    writer.raw(data)
  }
}

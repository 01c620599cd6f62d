import type { Message, MessageSchema } from './message.js'
import { ProtoReader } from './reader.js'
import { writeProto } from './writer.js'

/**
 * The bytes of a message.
 *
 * @throws {RangeError} When a number is out of the range of its field.
 */
export function toBinary<Shape extends Message>(schema: MessageSchema<Shape>, message: Shape): Uint8Array {
  return writeProto(schema.write, message)
}

/**
 * The message in these bytes. Its bytes fields are views of them. Unknown fields are kept.
 *
 * @throws {Error} When the bytes are malformed; see {@link ProtoReader}.
 */
export function fromBinary<Shape extends Message>(schema: MessageSchema<Shape>, bytes: Uint8Array): Shape {
  const message = schema.empty()
  const reader = new ProtoReader(bytes)
  schema.read(reader, bytes.length, message)
  reader.assertAt(bytes.length)
  return message
}

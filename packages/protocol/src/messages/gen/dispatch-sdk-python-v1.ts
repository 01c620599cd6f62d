// Generated from the .proto files of dispatch.sdk.python.v1 by generate/main.mjs. Do not edit: pnpm generate.

import { type Message, type MessageSchema, NO_BYTES } from '../../proto/message.js'
import { writeBytes, writeUnknown } from '../../proto/write-fields.js'

/** A Python object in Python's own encoding. We read a subset of it that runs nothing. */
export interface Pickled extends Message<'dispatch.sdk.python.v1.Pickled'> {
  pickledValue: Uint8Array
}

export const PickledSchema: MessageSchema<Pickled> = {
  typeName: 'dispatch.sdk.python.v1.Pickled',
  fields: [{ no: 1, name: 'pickled_value', key: 'pickledValue', kind: 'bytes' }],
  empty: () => ({ $typeName: 'dispatch.sdk.python.v1.Pickled', pickledValue: NO_BYTES }),
  write(writer, message) {
    writeBytes(writer, 0x0a, message.pickledValue)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.pickledValue = reader.bytes()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** All schemas of this file. */
export const SCHEMAS: readonly MessageSchema[] = [PickledSchema]

// Generated from the .proto files of google.protobuf by generate/main.mjs. Do not edit: pnpm generate.

import { type Message, type MessageSchema, NO_BYTES } from '../../proto/message.js'
import {
  putBool,
  putDouble,
  putInt32,
  putString,
  writeBool,
  writeBytes,
  writeDouble,
  writeFloat,
  writeInt32,
  writeInt64,
  writeMap,
  writeMessage,
  writeString,
  writeUint32,
  writeUint64,
  writeUnknown,
} from '../../proto/write-fields.js'

export const NullValue = {
  NULL_VALUE: 0,
} as const

/** The names of the numbers in JSON. */
export const NULL_VALUE_NAMES: Readonly<Record<number, string>> = {
  0: 'NULL_VALUE',
}

export interface WireDuration extends Message<'google.protobuf.Duration'> {
  seconds: bigint
  nanos: number
}

export const WireDurationSchema: MessageSchema<WireDuration> = {
  typeName: 'google.protobuf.Duration',
  fields: [
    { no: 1, name: 'seconds', key: 'seconds', kind: 'int64' },
    { no: 2, name: 'nanos', key: 'nanos', kind: 'int32' },
  ],
  empty: () => ({ $typeName: 'google.protobuf.Duration', seconds: 0n, nanos: 0 }),
  write(writer, message) {
    writeInt64(writer, 0x08, message.seconds)
    writeInt32(writer, 0x10, message.nanos)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.seconds = reader.int64()
          break
        case 0x10:
          message.nanos = reader.int32()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface Any extends Message<'google.protobuf.Any'> {
  typeUrl: string
  value: Uint8Array
}

export const AnySchema: MessageSchema<Any> = {
  typeName: 'google.protobuf.Any',
  fields: [
    { no: 1, name: 'type_url', key: 'typeUrl', kind: 'string' },
    { no: 2, name: 'value', key: 'value', kind: 'bytes' },
  ],
  empty: () => ({ $typeName: 'google.protobuf.Any', typeUrl: '', value: NO_BYTES }),
  write(writer, message) {
    writeString(writer, 0x0a, message.typeUrl)
    writeBytes(writer, 0x12, message.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.typeUrl = reader.string()
          break
        case 0x12:
          message.value = reader.bytes()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface Timestamp extends Message<'google.protobuf.Timestamp'> {
  seconds: bigint
  nanos: number
}

export const TimestampSchema: MessageSchema<Timestamp> = {
  typeName: 'google.protobuf.Timestamp',
  fields: [
    { no: 1, name: 'seconds', key: 'seconds', kind: 'int64' },
    { no: 2, name: 'nanos', key: 'nanos', kind: 'int32' },
  ],
  empty: () => ({ $typeName: 'google.protobuf.Timestamp', seconds: 0n, nanos: 0 }),
  write(writer, message) {
    writeInt64(writer, 0x08, message.seconds)
    writeInt32(writer, 0x10, message.nanos)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.seconds = reader.int64()
          break
        case 0x10:
          message.nanos = reader.int32()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface Empty extends Message<'google.protobuf.Empty'> {}

export const EmptySchema: MessageSchema<Empty> = {
  typeName: 'google.protobuf.Empty',
  fields: [],
  empty: () => ({ $typeName: 'google.protobuf.Empty' }),
  write(writer, message) {
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      reader.unknown(tag, message)
    }
  },
}

export interface Struct extends Message<'google.protobuf.Struct'> {
  fields: { [key: string]: Value }
}

export const StructSchema: MessageSchema<Struct> = {
  typeName: 'google.protobuf.Struct',
  fields: [{ no: 1, name: 'fields', key: 'fields', kind: 'message', shape: 'map', type: () => ValueSchema }],
  empty: () => ({ $typeName: 'google.protobuf.Struct', fields: {} }),
  write(writer, message) {
    writeMap(writer, 0x0a, ValueSchema, message.fields)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          reader.mapEntry(ValueSchema, message.fields)
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface Value extends Message<'google.protobuf.Value'> {
  kind:
    | { case: 'nullValue'; value: number }
    | { case: 'numberValue'; value: number }
    | { case: 'stringValue'; value: string }
    | { case: 'boolValue'; value: boolean }
    | { case: 'structValue'; value: Struct }
    | { case: 'listValue'; value: ListValue }
    | { case: undefined; value?: undefined }
}

export const ValueSchema: MessageSchema<Value> = {
  typeName: 'google.protobuf.Value',
  fields: [
    { no: 1, name: 'null_value', key: 'nullValue', kind: 'enum', oneof: 'kind', names: NULL_VALUE_NAMES },
    { no: 2, name: 'number_value', key: 'numberValue', kind: 'double', oneof: 'kind' },
    { no: 3, name: 'string_value', key: 'stringValue', kind: 'string', oneof: 'kind' },
    { no: 4, name: 'bool_value', key: 'boolValue', kind: 'bool', oneof: 'kind' },
    {
      no: 5,
      name: 'struct_value',
      key: 'structValue',
      kind: 'message',
      oneof: 'kind',
      type: () => StructSchema,
    },
    {
      no: 6,
      name: 'list_value',
      key: 'listValue',
      kind: 'message',
      oneof: 'kind',
      type: () => ListValueSchema,
    },
  ],
  empty: () => ({ $typeName: 'google.protobuf.Value', kind: { case: undefined } }),
  write(writer, message) {
    const { kind } = message
    if (kind.case === 'nullValue') putInt32(writer, 0x08, kind.value)
    if (kind.case === 'numberValue') putDouble(writer, 0x11, kind.value)
    if (kind.case === 'stringValue') putString(writer, 0x1a, kind.value)
    if (kind.case === 'boolValue') putBool(writer, 0x20, kind.value)
    if (kind.case === 'structValue') writeMessage(writer, 0x2a, StructSchema, kind.value)
    if (kind.case === 'listValue') writeMessage(writer, 0x32, ListValueSchema, kind.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.kind = { case: 'nullValue', value: reader.int32() }
          break
        case 0x11:
          message.kind = { case: 'numberValue', value: reader.double() }
          break
        case 0x1a:
          message.kind = { case: 'stringValue', value: reader.string() }
          break
        case 0x20:
          message.kind = { case: 'boolValue', value: reader.bool() }
          break
        case 0x2a:
          message.kind = {
            case: 'structValue',
            value: reader.message(
              StructSchema,
              message.kind.case === 'structValue' ? message.kind.value : undefined,
            ),
          }
          break
        case 0x32:
          message.kind = {
            case: 'listValue',
            value: reader.message(
              ListValueSchema,
              message.kind.case === 'listValue' ? message.kind.value : undefined,
            ),
          }
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface ListValue extends Message<'google.protobuf.ListValue'> {
  values: Value[]
}

export const ListValueSchema: MessageSchema<ListValue> = {
  typeName: 'google.protobuf.ListValue',
  fields: [{ no: 1, name: 'values', key: 'values', kind: 'message', shape: 'list', type: () => ValueSchema }],
  empty: () => ({ $typeName: 'google.protobuf.ListValue', values: [] }),
  write(writer, message) {
    for (const item of message.values) writeMessage(writer, 0x0a, ValueSchema, item)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.values.push(reader.message(ValueSchema))
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface DoubleValue extends Message<'google.protobuf.DoubleValue'> {
  value: number
}

export const DoubleValueSchema: MessageSchema<DoubleValue> = {
  typeName: 'google.protobuf.DoubleValue',
  fields: [{ no: 1, name: 'value', key: 'value', kind: 'double' }],
  empty: () => ({ $typeName: 'google.protobuf.DoubleValue', value: 0 }),
  write(writer, message) {
    writeDouble(writer, 0x09, message.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x09:
          message.value = reader.double()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface FloatValue extends Message<'google.protobuf.FloatValue'> {
  value: number
}

export const FloatValueSchema: MessageSchema<FloatValue> = {
  typeName: 'google.protobuf.FloatValue',
  fields: [{ no: 1, name: 'value', key: 'value', kind: 'float' }],
  empty: () => ({ $typeName: 'google.protobuf.FloatValue', value: 0 }),
  write(writer, message) {
    writeFloat(writer, 0x0d, message.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0d:
          message.value = reader.float()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface Int64Value extends Message<'google.protobuf.Int64Value'> {
  value: bigint
}

export const Int64ValueSchema: MessageSchema<Int64Value> = {
  typeName: 'google.protobuf.Int64Value',
  fields: [{ no: 1, name: 'value', key: 'value', kind: 'int64' }],
  empty: () => ({ $typeName: 'google.protobuf.Int64Value', value: 0n }),
  write(writer, message) {
    writeInt64(writer, 0x08, message.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.value = reader.int64()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface UInt64Value extends Message<'google.protobuf.UInt64Value'> {
  value: bigint
}

export const UInt64ValueSchema: MessageSchema<UInt64Value> = {
  typeName: 'google.protobuf.UInt64Value',
  fields: [{ no: 1, name: 'value', key: 'value', kind: 'uint64' }],
  empty: () => ({ $typeName: 'google.protobuf.UInt64Value', value: 0n }),
  write(writer, message) {
    writeUint64(writer, 0x08, message.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.value = reader.uint64()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface Int32Value extends Message<'google.protobuf.Int32Value'> {
  value: number
}

export const Int32ValueSchema: MessageSchema<Int32Value> = {
  typeName: 'google.protobuf.Int32Value',
  fields: [{ no: 1, name: 'value', key: 'value', kind: 'int32' }],
  empty: () => ({ $typeName: 'google.protobuf.Int32Value', value: 0 }),
  write(writer, message) {
    writeInt32(writer, 0x08, message.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.value = reader.int32()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface UInt32Value extends Message<'google.protobuf.UInt32Value'> {
  value: number
}

export const UInt32ValueSchema: MessageSchema<UInt32Value> = {
  typeName: 'google.protobuf.UInt32Value',
  fields: [{ no: 1, name: 'value', key: 'value', kind: 'uint32' }],
  empty: () => ({ $typeName: 'google.protobuf.UInt32Value', value: 0 }),
  write(writer, message) {
    writeUint32(writer, 0x08, message.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.value = reader.uint32()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface BoolValue extends Message<'google.protobuf.BoolValue'> {
  value: boolean
}

export const BoolValueSchema: MessageSchema<BoolValue> = {
  typeName: 'google.protobuf.BoolValue',
  fields: [{ no: 1, name: 'value', key: 'value', kind: 'bool' }],
  empty: () => ({ $typeName: 'google.protobuf.BoolValue', value: false }),
  write(writer, message) {
    writeBool(writer, 0x08, message.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x08:
          message.value = reader.bool()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface StringValue extends Message<'google.protobuf.StringValue'> {
  value: string
}

export const StringValueSchema: MessageSchema<StringValue> = {
  typeName: 'google.protobuf.StringValue',
  fields: [{ no: 1, name: 'value', key: 'value', kind: 'string' }],
  empty: () => ({ $typeName: 'google.protobuf.StringValue', value: '' }),
  write(writer, message) {
    writeString(writer, 0x0a, message.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.value = reader.string()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

export interface BytesValue extends Message<'google.protobuf.BytesValue'> {
  value: Uint8Array
}

export const BytesValueSchema: MessageSchema<BytesValue> = {
  typeName: 'google.protobuf.BytesValue',
  fields: [{ no: 1, name: 'value', key: 'value', kind: 'bytes' }],
  empty: () => ({ $typeName: 'google.protobuf.BytesValue', value: NO_BYTES }),
  write(writer, message) {
    writeBytes(writer, 0x0a, message.value)
    writeUnknown(writer, message)
  },
  read(reader, end, message) {
    while (reader.position < end) {
      const tag = reader.tag()
      switch (tag) {
        case 0x0a:
          message.value = reader.bytes()
          break
        default:
          reader.unknown(tag, message)
      }
    }
  },
}

/** All schemas of this file. */
export const SCHEMAS: readonly MessageSchema[] = [
  WireDurationSchema,
  AnySchema,
  TimestampSchema,
  EmptySchema,
  StructSchema,
  ValueSchema,
  ListValueSchema,
  DoubleValueSchema,
  FloatValueSchema,
  Int64ValueSchema,
  UInt64ValueSchema,
  Int32ValueSchema,
  UInt32ValueSchema,
  BoolValueSchema,
  StringValueSchema,
  BytesValueSchema,
]

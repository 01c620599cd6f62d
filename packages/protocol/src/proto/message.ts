import type { ProtoReader } from './reader.js'
import type { ProtoWriter } from './writer.js'

/** Base of every message; fields are plain properties. The same form as in protobuf-es 2, so its messages are accepted. */
export interface Message<TypeName extends string = string> {
  readonly $typeName: TypeName
  /** Unknown fields, as they were received. They are written again with the message. */
  $unknown?: UnknownField[] | undefined
}

/** One field that is not known. */
export interface UnknownField {
  readonly no: number
  readonly wireType: number
  /** The bytes after the tag. */
  readonly data: Uint8Array
}

/** A type of messages: made from a .proto file by `generate/main.mjs`. */
export interface MessageSchema<Shape extends Message = Message> {
  readonly typeName: Shape['$typeName']
  readonly fields: readonly Field[]
  /** A message without content. */
  empty(): Shape
  write(writer: ProtoWriter, message: Shape): void
  /** Reads up to `end` into `message`. A repeated occurrence of a field replaces, merges with or appends to its value. */
  read(reader: ProtoReader, end: number, message: Shape): void
}

/** The type of a field, in the words of .proto files. */
export type FieldKind =
  | 'bool'
  | 'bytes'
  | 'double'
  | 'enum'
  | 'float'
  | 'int32'
  | 'int64'
  | 'message'
  | 'string'
  | 'uint32'
  | 'uint64'

/** A field of a message type. */
export interface Field {
  /** Its number on the wire. */
  readonly no: number
  /** Its name in the .proto file: `dispatch_id`. */
  readonly name: string
  /** Its name in messages and in JSON: `dispatchId`. */
  readonly key: string
  readonly kind: FieldKind
  /** Several values: an array, or an object whose properties are the values. */
  readonly shape?: 'list' | 'map'
  /** The oneof it belongs to: the property that holds `{ case: key, value }`. */
  readonly oneof?: string
  /** The type of a message. */
  readonly type?: () => MessageSchema
  /** The names of an enum's numbers in JSON. Enums are open: a message may hold another number. */
  readonly names?: Readonly<Record<number, string>>
}

/** Input of {@link create}: a message of the type, or any of its fields, in which messages may be given likewise. */
export type MessageInit<Shape extends Message> =
  | Shape
  | { readonly [Key in Exclude<keyof Shape, keyof Message>]?: FieldInit<Shape[Key]> | undefined }

type FieldInit<Value> = Value extends Uint8Array
  ? Value
  : Value extends readonly (infer Item)[]
    ? readonly FieldInit<Item>[]
    : Value extends Message
      ? MessageInit<Value>
      : Value extends { readonly case: infer Case extends string; readonly value: infer Content }
        ? { readonly case: Case; readonly value: FieldInit<Content> }
        : Value

/** Finds a message type by its full name. */
export type MessageRegistry = ReadonlyMap<string, MessageSchema>

/** Default of bytes fields. It is empty, so it can be shared. */
export const NO_BYTES: Uint8Array = new Uint8Array(0)

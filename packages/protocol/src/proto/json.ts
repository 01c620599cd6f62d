import type { MessageRegistry, MessageSchema } from './message.js'

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** How JSON is read and written. */
export interface JsonOptions {
  /** The types that a `google.protobuf.Any` may hold: its content is written out in JSON. */
  readonly registry: MessageRegistry
  /** Most messages inside each other, when JSON is read. */
  readonly depthMax?: number
}

/** Limits of `google.protobuf.Timestamp` in JSON: years 1 to 9999. Seconds since 1970. */
export const TIMESTAMP_SECONDS_MIN = -62_135_596_800
export const TIMESTAMP_SECONDS_MAX = 253_402_300_799

/** Limit of `google.protobuf.Duration` in JSON. Seconds. */
export const DURATION_SECONDS_MAX = 315_576_000_000

/** The name of a type whose JSON is not an object of its fields but a special form; `undefined` for others. */
export type SpecialType = 'Any' | 'Duration' | 'ListValue' | 'Struct' | 'Timestamp' | 'Value' | 'wrapper'

/** Which form of its own the JSON of a type has, if it has one. */
export function specialTypeOf({ typeName, fields }: MessageSchema): SpecialType | undefined {
  if (!typeName.startsWith('google.protobuf.')) return undefined
  const name = typeName.slice('google.protobuf.'.length)
  if (name === 'Empty') return undefined
  return fields.length === 1 && fields[0]?.key === 'value' ? 'wrapper' : (name as SpecialType)
}

/** The type that the name in an Any's URL, after the last slash, stands for. */
export function typeOfUrl(typeUrl: string, registry: MessageRegistry): MessageSchema {
  const schema = registry.get(typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
  if (schema === undefined) throw new Error(`an Any has the unknown type ${JSON.stringify(typeUrl)}`)
  return schema
}

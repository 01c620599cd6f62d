import { types } from 'node:util'
import { type Message, ScalarType, toBinary } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import { TYPE_REGISTRY } from '../type-registry.js'
import { anyOf } from './any.js'
import { malformed, refusal } from './refusal.js'

/** Whether `value` is, or looks like, a message that generated code made. */
export function isMessageObject(value: object): value is Message {
  return typeof (value as { $typeName?: unknown }).$typeName === 'string'
}

/**
 * The message packed into an `Any`; an `Any` as it is.
 *
 * Parsed JSON can look like a message too. That its bytes are real bytes is checked, because a forged one may
 * otherwise become a pickle, which a Python peer would execute.
 *
 * @throws {DispatchError} `invalid_argument` when the type is none of ours, or its content is not of the type.
 */
export function encodeMessage(message: Message, root: string): Any {
  const { $typeName } = message
  const schema = TYPE_REGISTRY.getMessage($typeName)
  if (schema === undefined) {
    throw refusal(
      [root],
      `a message of type ${$typeName} cannot be carried; pack it with anyPack() of @bufbuild/protobuf`,
    )
  }
  for (const field of schema.fields) {
    if (field.scalar !== ScalarType.BYTES || field.oneof !== undefined) continue
    const content = (message as unknown as Record<string, unknown>)[field.localName]
    const items: readonly unknown[] = field.fieldKind === 'list' ? (content as unknown[]) : [content]
    if (!items.every((item) => types.isUint8Array(item))) {
      throw refusal([root, `.${field.localName}`], `wanted a Uint8Array in a message of type ${$typeName}`)
    }
  }
  if ($typeName === 'google.protobuf.Any') return message as Any
  try {
    return anyOf(`type.googleapis.com/${$typeName}`, toBinary(schema, message))
  } catch (error) {
    throw malformed($typeName, error)
  }
}

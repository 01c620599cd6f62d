import { types } from 'node:util'
import type { Any } from '../messages/gen/google-protobuf.js'
import { TYPE_REGISTRY } from '../messages/type-registry.js'
import { toBinary } from '../proto/binary.js'
import type { Message } from '../proto/message.js'
import { anyOf } from './kinds/any.js'
import { malformed, refusal } from './kinds/refusal.js'

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
 * @throws {DispatchError} `invalid_argument` when the type is unknown, or the content does not match it.
 */
export function encodeMessage(message: Message, root: string): Any {
  const { $typeName } = message
  const schema = TYPE_REGISTRY.get($typeName)
  if (schema === undefined) {
    throw refusal(
      [root],
      `a message of type ${$typeName} cannot be carried; pack it with anyPack() of @bufbuild/protobuf`,
    )
  }
  for (const field of schema.fields) {
    if (field.kind !== 'bytes' || field.oneof !== undefined) continue
    const content = (message as unknown as Record<string, unknown>)[field.key]
    const items: readonly unknown[] = field.shape === 'list' ? (content as unknown[]) : [content]
    if (!items.every((item) => types.isUint8Array(item))) {
      throw refusal([root, `.${field.key}`], `expected a Uint8Array in a message of type ${$typeName}`)
    }
  }
  if ($typeName === 'google.protobuf.Any') return message as Any
  try {
    return anyOf(`type.googleapis.com/${$typeName}`, toBinary(schema, message))
  } catch (error) {
    throw malformed($typeName, error)
  }
}

import type { MessageRegistry } from '../proto/message.js'
import { SCHEMAS as API_SCHEMAS } from './gen/dispatch-api-v1.js'
import { SCHEMAS as NODE_SCHEMAS } from './gen/dispatch-sdk-node-v1.js'
import { SCHEMAS as PYTHON_SCHEMAS } from './gen/dispatch-sdk-python-v1.js'
import { SCHEMAS as SDK_SCHEMAS } from './gen/dispatch-sdk-v1.js'
import { SCHEMAS as GOOGLE_SCHEMAS } from './gen/google-protobuf.js'

/**
 * Every message type that a value on the wire may have, by its full name. Reading and writing a `google.protobuf.Any` in
 * protobuf JSON requires it.
 */
export const TYPE_REGISTRY: MessageRegistry = new Map(
  [...GOOGLE_SCHEMAS, ...SDK_SCHEMAS, ...API_SCHEMAS, ...NODE_SCHEMAS, ...PYTHON_SCHEMAS].map((schema) => [
    schema.typeName,
    schema,
  ]),
)

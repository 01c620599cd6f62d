import { fromBinary, toBinary } from '../proto/binary.js'
import type { Message, MessageSchema } from '../proto/message.js'
import { DispatchError } from '../statuses/dispatch-error.js'
import { messageOfError } from '../text/is-error.js'
import {
  type CallResult,
  CallResultSchema,
  type RunRequest,
  RunRequestSchema,
  type RunResponse,
  RunResponseSchema,
} from './gen/dispatch-sdk-v1.js'
import { type Any, AnySchema } from './gen/google-protobuf.js'

// Codecs by name for the messages that every call uses.

/** The bytes of a `google.protobuf.Any`. */
export function encodeAny(any: Any): Uint8Array {
  return toBinary(AnySchema, any)
}

/** @throws {DispatchError} `invalid_argument` when the bytes are not a valid message of this type. */
export function decodeAny(bytes: Uint8Array): Any {
  return decodeAs(AnySchema, bytes)
}

/** The bytes of a `dispatch.sdk.v1.CallResult`. */
export function encodeCallResult(result: CallResult): Uint8Array {
  return toBinary(CallResultSchema, result)
}

/** @throws {DispatchError} `invalid_argument` when the bytes are not a valid message of this type. */
export function decodeCallResult(bytes: Uint8Array): CallResult {
  return decodeAs(CallResultSchema, bytes)
}

/** The bytes of a `dispatch.sdk.v1.RunRequest`. */
export function encodeRunRequest(request: RunRequest): Uint8Array {
  return toBinary(RunRequestSchema, request)
}

/** The bytes of a `dispatch.sdk.v1.RunResponse`. */
export function encodeRunResponse(response: RunResponse): Uint8Array {
  return toBinary(RunResponseSchema, response)
}

function decodeAs<Shape extends Message>(schema: MessageSchema<Shape>, bytes: Uint8Array): Shape {
  try {
    return fromBinary(schema, bytes)
  } catch (error) {
    const reason = messageOfError(error)
    throw new DispatchError('invalid_argument', `a ${schema.typeName} is malformed: ${reason}`, {
      cause: error,
    })
  }
}

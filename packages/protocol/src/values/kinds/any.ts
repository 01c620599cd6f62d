import type { Any } from '../../messages/gen/google-protobuf.js'

/** Type URLs that we write. Readers look only at what follows the last slash. */
export const TYPE_URLS = {
  bool: 'type.googleapis.com/google.protobuf.BoolValue',
  bytes: 'type.googleapis.com/google.protobuf.BytesValue',
  double: 'type.googleapis.com/google.protobuf.DoubleValue',
  duration: 'type.googleapis.com/google.protobuf.Duration',
  empty: 'type.googleapis.com/google.protobuf.Empty',
  int64: 'type.googleapis.com/google.protobuf.Int64Value',
  jsValue: 'type.googleapis.com/dispatch.sdk.node.v1.JsValue',
  /** The prefix that the original Python SDK uses; it is the reader of this type. */
  pickled: 'buf.build/stealthrocket/dispatch-proto/dispatch.sdk.python.v1.Pickled',
  string: 'type.googleapis.com/google.protobuf.StringValue',
  timestamp: 'type.googleapis.com/google.protobuf.Timestamp',
  /** To other SDKs it is an Empty; to ours it is not `null`. */
  undefined: 'dispatch.sdk.node/undefined/google.protobuf.Empty',
  uint64: 'type.googleapis.com/google.protobuf.UInt64Value',
  value: 'type.googleapis.com/google.protobuf.Value',
} as const

/** An `Any` as `create(AnySchema, …)` makes it, without its cost. */
export function anyOf(typeUrl: string, value: Uint8Array): Any {
  return { $typeName: 'google.protobuf.Any', typeUrl, value }
}

/** Full name of a message type: what follows the last slash of its URL. */
export function typeNameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('/') + 1)
}

/** Begins the type URL of an input to which the schema of its function was applied (ADR 0020). */
const CHECKED_PREFIX = 'dispatch.sdk.node/checked/'

/** The same input, marked as one to which the caller has applied the schema: it is not applied again. */
export function markChecked(any: Any): Any {
  return anyOf(`${CHECKED_PREFIX}${any.typeUrl}`, any.value)
}

/** Whether the caller has applied the schema of the function. */
export function isChecked(any: Any | undefined): boolean {
  return any?.typeUrl.startsWith(CHECKED_PREFIX) === true
}

/** The type URL without the mark. */
export function urlWithoutMark(typeUrl: string): string {
  return typeUrl.startsWith(CHECKED_PREFIX) ? typeUrl.slice(CHECKED_PREFIX.length) : typeUrl
}

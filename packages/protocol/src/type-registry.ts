import { createRegistry, type Registry } from '@bufbuild/protobuf'
import {
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt'
import { file_dispatch_api_v1_call } from './gen/dispatch/api/v1/call_pb.js'
import { file_dispatch_sdk_node_v1_coroutine } from './gen/dispatch/sdk/node/v1/coroutine_pb.js'
import { file_dispatch_sdk_node_v1_value } from './gen/dispatch/sdk/node/v1/value_pb.js'
import { file_dispatch_sdk_python_v1_pickled } from './gen/dispatch/sdk/python/v1/pickled_pb.js'
import { file_dispatch_sdk_v1_call } from './gen/dispatch/sdk/v1/call_pb.js'
import { file_dispatch_sdk_v1_dispatch } from './gen/dispatch/sdk/v1/dispatch_pb.js'
import { file_dispatch_sdk_v1_error } from './gen/dispatch/sdk/v1/error_pb.js'
import { file_dispatch_sdk_v1_exit } from './gen/dispatch/sdk/v1/exit_pb.js'
import { file_dispatch_sdk_v1_function } from './gen/dispatch/sdk/v1/function_pb.js'
import { file_dispatch_sdk_v1_poll } from './gen/dispatch/sdk/v1/poll_pb.js'
import { file_dispatch_sdk_v1_status } from './gen/dispatch/sdk/v1/status_pb.js'

/**
 * Every message type that a value on the wire may have. Without it, protobuf JSON can neither read nor write a
 * `google.protobuf.Any`.
 */
export const TYPE_REGISTRY: Registry = createRegistry(
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  file_dispatch_api_v1_call,
  file_dispatch_sdk_node_v1_coroutine,
  file_dispatch_sdk_node_v1_value,
  file_dispatch_sdk_python_v1_pickled,
  file_dispatch_sdk_v1_call,
  file_dispatch_sdk_v1_dispatch,
  file_dispatch_sdk_v1_error,
  file_dispatch_sdk_v1_exit,
  file_dispatch_sdk_v1_function,
  file_dispatch_sdk_v1_poll,
  file_dispatch_sdk_v1_status,
)

// The Connect protocol over plain bytes, for servers and clients: unary calls, streams of messages, batches of runs.

export {
  BATCH_RUNS_MAX,
  decodeRunBatchRequest,
  decodeRunBatchResponse,
  type EncodedRunBatch,
  encodeRunBatchRequest,
  encodeRunBatchResponse,
  fromBatchError,
  toBatchError,
} from './batch.js'
export {
  CONNECT_CODES,
  type ConnectCode,
  type ConnectCodeRow,
  connectCodeOfHttp,
  connectCodeOfStatus,
  isConnectCode,
} from './connect-code.js'
export {
  createMessageStream,
  envelopeOf,
  MESSAGE_STREAM_TYPE,
  type MessageStream,
  MessageStreamReader,
  messageOf,
} from './message-stream.js'
export { type ReadBodyOptions, readBody, unreadResponse } from './read-body.js'
export {
  bytesResponse,
  checkHead,
  connectTimeoutMsOf,
  errorResponse,
  type HeadLimits,
  headerOf,
  inflatedBytesMax,
  type StreamedResponse,
  tooLargeError,
  tooLargeResponse,
  type UnaryHeaders,
  type UnaryRequest,
  type UnaryResponse,
} from './unary.js'
export {
  type ParseUnaryOptions,
  parseUnaryResponse,
  type UnaryHeadersOptions,
  unaryHeaders,
} from './unary-client.js'
export { UnaryError, type UnaryErrorOptions } from './unary-error.js'
export { type Failure, failureOf } from './unary-failure.js'
export { type ServeUnaryOptions, serveStream, serveUnary } from './unary-server.js'
export { whenGone } from './when-gone.js'

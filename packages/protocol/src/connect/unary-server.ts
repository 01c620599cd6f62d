import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { BODY_BYTES_MAX, VALUE_DEPTH_MAX } from '../bounds/limits.js'
import { TYPE_REGISTRY } from '../messages/type-registry.js'
import { fromBinary, toBinary } from '../proto/binary.js'
import { fromJsonString } from '../proto/from-json.js'
import type { Message, MessageSchema } from '../proto/message.js'
import { toJsonString } from '../proto/to-json.js'
import {
  bytesResponse,
  headerOf,
  isGzip,
  type StreamedResponse,
  tooLargeResponse,
  type UnaryHeaders,
  type UnaryRequest,
  type UnaryResponse,
} from './unary.js'
import { UnaryError } from './unary-error.js'
import { failureOf, failureResponse } from './unary-failure.js'

export interface ServeUnaryOptions {
  /** Maximum size of the body in bytes, before and after decompression. Default {@link BODY_BYTES_MAX}. */
  readonly bodyBytesMax?: number
  /** Called with what `handle` threw when it is not one of our errors; the sender sees only `internal`. */
  readonly onInternalError?: (error: unknown) => void
}

/**
 * Serves one request of the Connect protocol: decodes its body, calls `handle` and encodes the result in the format of
 * the request. Never rejects. The caller has checked the head with `checkHead`, and the signature, if there is one, over
 * the bytes as sent.
 *
 * Bodies are protobuf JSON when the content type says so and binary otherwise, like the original's endpoints.
 * When `handle` fails with a `DispatchError`, the response has its message, the code of its status and `retry-after`; a
 * `UnaryError` brings its own code.
 */
export async function serveUnary<Input extends Message, Output extends Message>(
  request: UnaryRequest,
  inputSchema: MessageSchema<Input>,
  outputSchema: MessageSchema<Output>,
  handle: (message: Input) => Promise<Output>,
  options: ServeUnaryOptions = {},
): Promise<UnaryResponse> {
  const { headers } = request
  const bodyBytesMax = options.bodyBytesMax ?? BODY_BYTES_MAX
  if (request.body.byteLength > bodyBytesMax) return tooLargeResponse()
  try {
    const body = isGzip(headers) ? await inflate(request.body, bodyBytesMax) : request.body
    const jsonType = jsonTypeOf(headers)
    const output = await handle(decode(inputSchema, body, jsonType !== undefined))
    if (jsonType !== undefined) {
      return await maybeCompressed(headers, jsonType, Buffer.from(encodeJson(outputSchema, output)))
    }
    return await maybeCompressed(headers, 'application/proto', toBinary(outputSchema, output))
  } catch (error) {
    return failureResponse(failureOf(error, options.onInternalError))
  }
}

/**
 * Serves one request whose response is a stream of messages. `open` creates the response from the body; its errors are
 * reported as by {@link serveUnary}. Never throws.
 */
export function serveStream(
  body: Uint8Array,
  open: (body: Uint8Array) => StreamedResponse,
  options: Pick<ServeUnaryOptions, 'bodyBytesMax' | 'onInternalError'>,
): UnaryResponse | StreamedResponse {
  if (body.byteLength > (options.bodyBytesMax ?? BODY_BYTES_MAX)) return tooLargeResponse()
  try {
    return open(body)
  } catch (error) {
    return failureResponse(failureOf(error, options.onInternalError))
  }
}

/**
 * JSON nests deeper than binary: an `Any` is written out in it, and each level of a `google.protobuf.Value` is up
 * to three messages.
 */
const JSON_DEPTH_MAX = 3 * VALUE_DEPTH_MAX + 20

/** Smaller responses gain nothing from compression: they fit into a few packets. */
const GZIP_BYTES_MIN = 4096

const gunzipAsync = promisify(gunzip)
const gzipAsync = promisify(gzip)

/** Media type of the response to a JSON request. Parameters such as a charset are not repeated. */
function jsonTypeOf(headers: UnaryHeaders): string | undefined {
  const type = headerOf(headers, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  return type === 'application/json' || type === 'application/vnd.dispatch.v1+json' ? type : undefined
}

async function inflate(body: Uint8Array, bodyBytesMax: number): Promise<Uint8Array> {
  // Connect: an empty body is an empty message, compressed or not.
  if (body.byteLength === 0) return body
  try {
    return await gunzipAsync(body, { maxOutputLength: bodyBytesMax })
  } catch (error) {
    const isBomb = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw new UnaryError(
      'invalid_argument',
      isBomb
        ? `content length is too large: the body is more than ${bodyBytesMax} bytes after decompression`
        : 'decompress message: the body is not valid gzip',
    )
  }
}

function decode<Shape extends Message>(
  schema: MessageSchema<Shape>,
  body: Uint8Array,
  isJson: boolean,
): Shape {
  try {
    if (!isJson) return fromBinary(schema, body)
    if (body.byteLength === 0) return schema.empty()
    return fromJsonString(schema, new TextDecoder('utf-8', { fatal: true }).decode(body), {
      registry: TYPE_REGISTRY,
      depthMax: JSON_DEPTH_MAX,
    })
  } catch (error) {
    throw new UnaryError('invalid_argument', `unmarshal message: ${(error as Error).message}`)
  }
}

function encodeJson<Shape extends Message>(schema: MessageSchema<Shape>, message: Shape): string {
  try {
    return toJsonString(schema, message, { registry: TYPE_REGISTRY })
  } catch (error) {
    throw new UnaryError(
      'unimplemented',
      `marshal message: ${(error as Error).message}; ask with content type application/proto`,
    )
  }
}

async function maybeCompressed(
  headers: UnaryHeaders,
  contentType: string,
  body: Uint8Array,
): Promise<UnaryResponse> {
  if (body.byteLength < GZIP_BYTES_MIN || !acceptsGzip(headers)) return bytesResponse(200, contentType, body)
  return bytesResponse(200, contentType, await gzipAsync(body), { 'content-encoding': 'gzip' })
}

function acceptsGzip(headers: UnaryHeaders): boolean {
  const codings = headerOf(headers, 'accept-encoding')?.toLowerCase().split(',') ?? []
  return codings.some((coding) => /^\s*gzip\s*(;(?!\s*q\s*=\s*0(\.0*)?\s*$).*)?$/.test(coding))
}

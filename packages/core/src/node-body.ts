import type { IncomingMessage } from 'node:http'
import { UnaryError } from '@dispatch/protocol'

/** A request as frameworks hand it on: they may have read its body, and left it in one of these places. */
export type RequestWithBody = IncomingMessage & {
  readonly rawBody?: unknown
  readonly body?: unknown
  /** body-parser sets it when it has read the stream. */
  readonly _body?: unknown
}

/**
 * The body of a request as its bytes were sent: of `rawBody` or `body` if they are bytes, else read from the stream.
 *
 * @param bodyBytesMax - No more than this is ever held.
 * @throws {UnaryError} `invalid_argument` when the body is larger; `canceled` when the sender hangs up; `internal`, with
 *   a `cause` of code `DISPATCH_BODY_CONSUMED`, when a parser in front of us has consumed it.
 */
export async function readNodeBody(request: RequestWithBody, bodyBytesMax: number): Promise<Uint8Array> {
  const given = [request.rawBody, request.body].find((body) => body instanceof Uint8Array)
  if (given !== undefined) {
    if ((given as Uint8Array).byteLength > bodyBytesMax) throw tooLarge()
    return given as Uint8Array
  }
  // Never by `request.body`: an unread body is `{}` there with Express 4.
  if (request._body || request.readableDidRead || request.readableEnded || request.destroyed) throw consumed()
  return await readStream(request, bodyBytesMax)
}

function readStream(request: IncomingMessage, bodyBytesMax: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let byteCount = 0
    const settle = (error: Error | undefined) => {
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      // Whatever comes after is dropped; the stream must not throw it at the process.
      request.on('error', () => undefined)
      if (error === undefined)
        resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, byteCount))
      else reject(error)
    }
    const onData = (chunk: Buffer) => {
      byteCount += chunk.byteLength
      if (byteCount <= bodyBytesMax) {
        chunks.push(chunk)
        return
      }
      request.pause()
      settle(tooLarge())
    }
    const onEnd = () => settle(undefined)
    const onClose = () =>
      settle(new UnaryError('canceled', 'the sender closed the connection before its body ended'))
    request.on('data', onData).once('end', onEnd).once('error', onClose).once('close', onClose)
  })
}

function tooLarge(): UnaryError {
  return new UnaryError('invalid_argument', 'content length is too large')
}

function consumed(): UnaryError {
  const cause = Object.assign(new Error('request body was consumed'), { code: 'DISPATCH_BODY_CONSUMED' })
  return new UnaryError(
    'internal',
    'DISPATCH_BODY_CONSUMED: a body parser in front of Dispatch has consumed the body, so that its signature cannot ' +
      'be checked. Mount Dispatch before that parser, or let the parser keep the bytes in request.rawBody',
    { cause },
  )
}

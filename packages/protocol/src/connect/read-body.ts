import type { Readable } from 'node:stream'
import { clearTimeout, setTimeout } from '../time/system-time.js'
import { errorResponse, type UnaryResponse } from './unary.js'
import { UnaryError } from './unary-error.js'
import { failureOf, failureResponse } from './unary-failure.js'

export interface ReadBodyOptions {
  /** Called with each chunk before it is kept. An error that it throws ends the reading. */
  readonly take: (bytes: number) => void
  /** Maximum time for the whole body to arrive, in milliseconds. */
  readonly msMax: number
}

/**
 * Reads the body of a request. It uses events because an async iterator costs more than a small body. The stream is never
 * destroyed, since the response uses the same socket.
 *
 * @throws {UnaryError} `deadline_exceeded`, as HTTP 408, when it does not arrive in time; `canceled` when the sender
 *   disconnects. Also rethrows what `take` throws.
 */
export function readBody(stream: Readable, { take, msMax }: ReadBodyOptions): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const settle = () => {
      clearTimeout(timer)
      stream.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose)
      // Later chunks and errors are dropped; an unhandled error would end the process.
      stream.on('error', () => undefined)
    }
    const fail = (error: unknown) => {
      settle()
      stream.pause()
      reject(error)
    }
    const onData = (chunk: Buffer) => {
      try {
        take(chunk.byteLength)
        chunks.push(chunk)
      } catch (error) {
        fail(error)
      }
    }
    const onEnd = () => {
      settle()
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
    }
    const onClose = () =>
      fail(new UnaryError('canceled', 'the sender closed the connection before its body ended'))
    const timer = setTimeout(
      () =>
        fail(
          new UnaryError('deadline_exceeded', `the body did not arrive within ${msMax} ms`, {
            httpStatus: 408,
          }),
        ),
      msMax,
    )
    stream.on('data', onData).once('end', onEnd).once('error', onClose).once('close', onClose)
    // Its events have already been emitted.
    if (stream.destroyed) onClose()
  })
}

/** The response to a request whose body was not read. Errors other than ours are reported as `internal`. */
export function unreadResponse(error: unknown): UnaryResponse {
  if (!(error instanceof UnaryError)) return errorResponse('internal', 'internal error')
  return { ...failureResponse(failureOf(error)), status: error.httpStatus }
}

import type { Readable } from 'node:stream'
import { errorResponse, type UnaryResponse } from './unary.js'
import { UnaryError } from './unary-error.js'
import { failureOf, failureResponse } from './unary-failure.js'

export interface ReadBodyOptions {
  /** Is told of each chunk before it is kept. What it throws ends the reading. */
  readonly take: (bytes: number) => void
  /** Longest time in which the body has to arrive, in milliseconds. */
  readonly msMax: number
}

/**
 * Reads the body of a request; by events: an async iterator takes longer than a small body. The stream is never destroyed,
 * since the answer goes by the same socket.
 *
 * @throws {UnaryError} `deadline_exceeded`, as HTTP 408, when it does not arrive in time; `canceled` when its sender hangs up.
 *   And what `take` throws.
 */
export function readBody(stream: Readable, { take, msMax }: ReadBodyOptions): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const settle = () => {
      clearTimeout(timer)
      stream.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose)
      // Whatever comes after is dropped; the stream must not throw it at the process.
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
    // Its events have been.
    if (stream.destroyed) onClose()
  })
}

/** The answer to a request whose body was not read. What is not our own error says nothing about itself. */
export function unreadResponse(error: unknown): UnaryResponse {
  if (!(error instanceof UnaryError)) return errorResponse('internal', 'internal error')
  return { ...failureResponse(failureOf(error)), status: error.httpStatus }
}

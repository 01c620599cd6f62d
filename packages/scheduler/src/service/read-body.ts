import type { IncomingMessage } from 'node:http'
import type { Place } from '@dispatch/protocol'

/** Why there is no body. */
export type BodyFailure = 'too-large' | 'too-slow' | 'no-room' | 'aborted'

export interface ReadBodyOptions {
  readonly bytesMax: number
  /** Longest time in which it has to arrive. */
  readonly msMax: number
  /** Grows with a body that announced no length. */
  readonly place: Place
}

/**
 * Reads a body; holds no more than `bytesMax` and one chunk. Never rejects, and never destroys the stream: the answer
 * goes by the same socket.
 */
export function readBody(
  request: IncomingMessage,
  { bytesMax, msMax, place }: ReadBodyOptions,
): Promise<Uint8Array | BodyFailure> {
  return new Promise((resolve) => {
    const isCounted = request.headers['content-length'] !== undefined
    const chunks: Buffer[] = []
    let byteCount = 0
    const settle = (body: Uint8Array | BodyFailure): void => {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      // Whatever comes after is dropped; the stream must not throw it at the process.
      request.on('error', () => undefined)
      if (typeof body === 'string') request.pause()
      resolve(body)
    }
    const onData = (chunk: Buffer): void => {
      byteCount += chunk.byteLength
      if (byteCount > bytesMax) settle('too-large')
      else if (!isCounted && !place.grow(chunk.byteLength)) settle('no-room')
      else chunks.push(chunk)
    }
    const onEnd = (): void => {
      settle(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, byteCount))
    }
    const onClose = (): void => settle('aborted')
    const timer = setTimeout(() => settle('too-slow'), msMax)
    request.on('data', onData).once('end', onEnd).once('error', onClose).once('close', onClose)
  })
}

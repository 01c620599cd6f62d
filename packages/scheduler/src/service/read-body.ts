import type { IncomingMessage } from 'node:http'

/** Why there is no body. */
export type BodyFailure = 'too-large' | 'aborted'

/** Reads a body of at most `bytesMax` bytes; holds no more than that and one chunk. Never rejects. */
export async function readBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Uint8Array | BodyFailure> {
  const chunks: Buffer[] = []
  let byteCount = 0
  try {
    // The stream is not destroyed on the way out: the answer goes by the same socket.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      byteCount += chunk.byteLength
      if (byteCount > bytesMax) return 'too-large'
      chunks.push(chunk)
    }
  } catch {
    return 'aborted'
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, byteCount)
}

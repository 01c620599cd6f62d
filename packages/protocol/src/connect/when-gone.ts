import type { ServerResponse } from 'node:http'
import type { Http2Stream } from 'node:http2'
import type { Socket } from 'node:net'

/** What is to be called when a connection ends. One listener for all: any number of requests may wait on one connection. */
const waiting = new WeakMap<Socket, Set<() => void>>()

/**
 * Calls `onGone` once: when an answer has been written, or whoever wanted it is gone; at once if that is so already.
 *
 * The answer's own `close` does not tell: it may have come before, while something in front of us took its time, and it
 * never comes for an answer that waits behind another one on the same connection (pipelining, RFC 9112 section 9.3.2).
 */
export function whenGone(response: ServerResponse, onGone: () => void): void {
  const { req } = response
  // A socket of HTTP/2 is of many streams, each of which tells of its own end.
  const socket = req.httpVersionMajor >= 2 ? undefined : req.socket
  if (response.destroyed || response.closed || socket?.destroyed || isStreamGone(response)) {
    onGone()
    return
  }
  const others = socket && othersOn(socket)
  const gone = () => {
    response.off('close', gone)
    others?.delete(gone)
    onGone()
  }
  response.once('close', gone)
  others?.add(gone)
}

/** An answer of HTTP/2 knows nothing of its own end, its stream does. */
function isStreamGone(response: ServerResponse & { readonly stream?: Http2Stream }): boolean {
  return response.stream?.destroyed === true
}

function othersOn(socket: Socket): Set<() => void> {
  const known = waiting.get(socket)
  if (known !== undefined) return known
  const others = new Set<() => void>()
  waiting.set(socket, others)
  socket.once('close', () => {
    for (const gone of [...others]) gone()
  })
  return others
}

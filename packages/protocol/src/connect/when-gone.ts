import type { ServerResponse } from 'node:http'
import type { Http2Stream } from 'node:http2'
import type { Socket } from 'node:net'

/** Callbacks to run when a connection ends. One listener serves any number of requests on the same connection. */
const waiting = new WeakMap<Socket, Set<() => void>>()

/**
 * Calls `onGone` once: when the response has been written or the client has disconnected; immediately if that is
 * already the case.
 *
 * The response's own `close` event is not sufficient: it may have been emitted before this is called, and it is never
 * emitted for a response that is queued behind another one on the same connection (pipelining, RFC 9112 section 9.3.2).
 */
export function whenGone(response: ServerResponse, onGone: () => void): void {
  const { req } = response
  // An HTTP/2 socket carries many streams, each with its own close event.
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

/** In HTTP/2 the close event belongs to the stream, not to the response. */
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

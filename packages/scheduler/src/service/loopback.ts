import type { IncomingMessage } from 'node:http'

/** Whether a host name or address to listen on is reachable only from this machine. */
export function isLoopbackHost(host: string): boolean {
  return (
    host === 'localhost' || host === '::1' || host === '[::1]' || /^(::ffff:)?127(\.\d{1,3}){3}$/i.test(host)
  )
}

/**
 * Why a request without a key is refused in spite of its origin, or `undefined` when it is accepted.
 *
 * Listening on loopback keeps other machines out of a scheduler without keys, but not the pages open in a browser on
 * this machine: they can post to it, also under their own host name that resolves to loopback (DNS rebinding). The
 * request must therefore be for a local name, and a page must have the same origin.
 */
export function localRequestProblem({ socket, headers }: IncomingMessage): string | undefined {
  if (!isLoopbackHost(socket.localAddress ?? '')) {
    return 'this scheduler has no API keys and accepts only requests to loopback addresses: set the option apiKeys'
  }
  const host = headers.host ?? ''
  if (!isLoopbackHost(host.replace(/:\d+$/, ''))) {
    return `this scheduler has no API keys and accepts only requests for local host names, got ${JSON.stringify(host)}`
  }
  const { origin } = headers
  if (origin === undefined || origin === `http://${host}` || origin === `https://${host}`) return undefined
  return 'this scheduler has no API keys and accepts no requests from pages of other origins'
}

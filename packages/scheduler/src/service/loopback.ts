import type { IncomingMessage } from 'node:http'

/** Whether a name or address to listen on is reached from this machine only. */
export function isLoopbackHost(host: string): boolean {
  return (
    host === 'localhost' || host === '::1' || host === '[::1]' || /^(::ffff:)?127(\.\d{1,3}){3}$/i.test(host)
  )
}

/**
 * Why a request is not to be trusted on the strength of where it comes from, or `undefined`.
 *
 * That a scheduler without keys listens on loopback only keeps other machines out, but not the pages that a browser
 * on this one has open: they can post to it, and by a name of their own that they let point here. So the request must be
 * for a local name, and a page must come from that very place.
 */
export function localRequestProblem({ socket, headers }: IncomingMessage): string | undefined {
  if (!isLoopbackHost(socket.localAddress ?? '')) {
    return 'this scheduler has no API keys and answers on loopback addresses only: give it the option apiKeys'
  }
  const host = headers.host ?? ''
  if (!isLoopbackHost(host.replace(/:\d+$/, ''))) {
    return `this scheduler has no API keys and answers for local names only, not ${JSON.stringify(host)}`
  }
  const { origin } = headers
  if (origin === undefined || origin === `http://${host}` || origin === `https://${host}`) return undefined
  return 'this scheduler has no API keys and answers no pages of other origins'
}

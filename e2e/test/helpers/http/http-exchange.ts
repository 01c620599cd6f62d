import http from 'node:http'
import https from 'node:https'

/** A request of a client. */
export interface Exchange {
  readonly method?: string
  readonly path: string
  /** `content-length` is set for a body that is bytes; chunks are sent without. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | readonly Uint8Array[] | undefined
  readonly agent?: http.Agent
}

/** An answer with its whole body. */
export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

/** Sends a request to a server over a connection of its own, unless an agent is given, and resolves with the answer. */
export function exchange(baseUrl: string, request: Exchange): Promise<Answer> {
  const { method = 'GET', path, headers = {}, body, agent } = request
  return new Promise((resolve, reject) => {
    const url = new URL(baseUrl)
    const outgoing = (url.protocol === 'https:' ? https : http).request({
      host: url.hostname,
      port: url.port,
      method,
      path,
      agent: agent ?? false,
      headers: { ...(body instanceof Uint8Array ? { 'content-length': body.byteLength } : {}), ...headers },
    })
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      )
    })
    if (body === undefined || body instanceof Uint8Array) outgoing.end(body)
    else void writeChunks(outgoing, body)
  })
}

/** Writes as fast as the server reads; stops when it disconnects. */
async function writeChunks(outgoing: http.ClientRequest, chunks: readonly Uint8Array[]): Promise<void> {
  for (const chunk of chunks) {
    if (outgoing.destroyed) return
    if (outgoing.write(chunk)) continue
    await new Promise<void>((resolve) => {
      const wake = () => {
        outgoing.off('drain', wake).off('close', wake)
        resolve()
      }
      outgoing.on('drain', wake).on('close', wake)
    })
  }
  outgoing.end()
}

/** The JSON of an answer. */
export function jsonOf(answer: Pick<Answer, 'body'>): unknown {
  return JSON.parse(answer.body.toString())
}

/** A request with a JSON body. */
export function jsonRequest(path: string, value: unknown, headers: Record<string, string> = {}): Exchange {
  return {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(value)),
  }
}

import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'

/** An answer to a POST. Header names are in lower case. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Uint8Array
}

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** From the start to the last byte of the answer, in milliseconds. */
  readonly timeoutMs: number
  /** Most bytes of the answer. */
  readonly bodyBytesMax: number
  readonly signal?: AbortSignal | undefined
  /**
   * Takes the body of a successful answer as it comes; that of the answer is empty then. What it throws ends the
   * exchange. `bodyBytesMax` does not hold for it.
   */
  readonly onChunk?: ((chunk: Uint8Array) => void) | undefined
}

/** An exchange that gave no answer. `wasSent`: the other side may have acted on the request nevertheless. */
export class PostError extends Error {
  readonly wasSent: boolean
  constructor(cause: Error, wasSent: boolean) {
    super(cause.message, { cause })
    this.name = 'PostError'
    this.wasSent = wasSent
  }
}

/** Posts over kept connections. Does not follow redirects: an API key must not travel. */
export interface Poster {
  /** @throws {PostError} When there is no answer; its `cause` is what Node.js says, or the signal's reason. */
  post(url: string, options: PostOptions): Promise<HttpAnswer>
  /** Closes the connections that nobody uses. */
  close(): void
}

/** Makes a {@link Poster}; by `node:http`, which needs no dependency and a third of the time that `fetch` needs. */
export function createPoster(): Poster {
  const agents = { 'http:': new http.Agent(AGENT_OPTIONS), 'https:': new https.Agent(AGENT_OPTIONS) }
  const targets = new Map<string, Target>()
  const targetOf = (url: string): Target => {
    const known = targets.get(url)
    if (known !== undefined) return known
    const { protocol, host, hostname, port, pathname, search } = new URL(url)
    const scheme = protocol === 'https:' ? 'https:' : 'http:'
    const target: Target = {
      host,
      options: {
        protocol: scheme,
        // Brackets are part of an IPv6 address in a URL only.
        hostname: hostname.replace(/^\[|\]$/g, ''),
        port,
        path: pathname + search,
        method: 'POST',
        agent: agents[scheme],
      },
      request: scheme === 'https:' ? https.request : http.request,
    }
    if (targets.size < TARGETS_KEPT_MAX) targets.set(url, target)
    return target
  }
  return {
    post: (url, options) => exchange(targetOf(url), options),
    close() {
      agents['http:'].destroy()
      agents['https:'].destroy()
    },
  }
}

/** Where to post to. */
interface Target {
  readonly host: string
  readonly options: http.RequestOptions
  readonly request: typeof http.request
}

/** URLs that are kept parsed: a scheduler has a handful. */
const TARGETS_KEPT_MAX = 64

/** Idle connections are dropped before most servers and proxies do so, since a request meets the drop otherwise. */
const AGENT_OPTIONS = { keepAlive: true, keepAliveMsecs: 1_000, timeout: 4_000, maxFreeSockets: 64 } as const

function exchange(target: Target, options: PostOptions): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { body, signal, timeoutMs } = options
    let wasSent = false
    const headers = { ...options.headers, 'content-length': String(body.byteLength) }
    const outgoing = target.request({ ...target.options, headers })
    const abort = () => fail(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
    const timer = setTimeout(() => fail(timeoutError(target, timeoutMs)), timeoutMs)
    const settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const fail = (error: Error) => {
      settle()
      outgoing.destroy()
      reject(new PostError(error, wasSent))
    }
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort)
    outgoing.on('socket', (socket) => {
      // The agent's timeout is for idle connections; while a request goes on, ours counts.
      socket.setTimeout(0)
      if (!socket.connecting) wasSent = true
      else
        socket.once('connect', () => {
          wasSent = true
        })
    })
    outgoing.on('error', fail)
    outgoing.on('response', (response) => {
      readAnswer(response, options, fail, (body) => {
        settle()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
    outgoing.end(body)
  })
}

function timeoutError(target: Target, timeoutMs: number): Error {
  return Object.assign(new Error(`no answer of ${target.host} within ${timeoutMs} ms`), { code: 'ETIMEDOUT' })
}

/** By events: an async iterator takes longer than a small answer. */
function readAnswer(
  response: IncomingMessage,
  { bodyBytesMax, onChunk }: PostOptions,
  fail: (error: Error) => void,
  succeed: (body: Uint8Array) => void,
): void {
  const take = response.statusCode === 200 ? onChunk : undefined
  const chunks: Buffer[] = []
  let byteCount = 0
  response.on('data', (chunk: Buffer) => {
    byteCount += chunk.byteLength
    try {
      if (take !== undefined) return take(chunk)
      if (byteCount > bodyBytesMax) throw tooLong(bodyBytesMax)
      chunks.push(chunk)
    } catch (error) {
      fail(error as Error)
    }
  })
  response.on('end', () => succeed(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
  response.on('error', fail)
}

function tooLong(bodyBytesMax: number): Error {
  const message = `the answer is longer than ${bodyBytesMax} bytes`
  return Object.assign(new Error(message), { code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' })
}

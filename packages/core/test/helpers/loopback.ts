import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** A request that a loopback server received. */
export interface LoopbackRequest {
  readonly method: string
  readonly url: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

/** Its answer; `drop` closes the connection without one. */
export type LoopbackAnswer =
  | {
      readonly status: number
      readonly headers?: Record<string, string>
      readonly body?: Uint8Array | string
    }
  | 'drop'

/** A server that is closed at the end of the test. */
export interface Loopback {
  readonly url: string
  readonly requests: LoopbackRequest[]
}

/** Answers each request with the result of `answer` for its index, from 0. */
export async function createLoopback(
  t: Test,
  answer: (request: LoopbackRequest, index: number) => LoopbackAnswer | Promise<LoopbackAnswer>,
): Promise<Loopback> {
  const requests: LoopbackRequest[] = []
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers } = request
    const got = { method, url, headers, body: Buffer.concat(chunks) }
    requests.push(got)
    const reply = await answer(got, requests.length - 1)
    if (reply === 'drop') return request.socket.destroy()
    response.writeHead(reply.status, reply.headers).end(reply.body)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://localhost:${(server.address() as AddressInfo).port}`, requests }
}

import { createServer, get } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { codeOfStatus } from '@dispatch/protocol'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { classify } from '../../dist/errors/classify.js'

/** The port of a server that is closed, with all its sockets, at the end of the test. */
async function listen(t: Test, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A port on which nothing listens: one that was just released. */
async function closedPort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const CLIENTS: Record<string, (url: string, signal?: AbortSignal) => Promise<unknown>> = {
  fetch: async (url, signal) => (await fetch(url, { signal: signal ?? null })).text(),
  undici: async (url, signal) => (await request(url, signal === undefined ? {} : { signal })).body.text(),
  'node:http': (url, signal) =>
    new Promise((resolve, reject) => {
      const options = signal === undefined ? {} : { signal }
      get(url, { ...options, agent: false }, (response) => {
        response.on('error', reject).on('end', resolve).resume()
      }).on('error', reject)
    }),
}

t.test('failures of real clients on real sockets', async (t) => {
  const hello = await listen(
    t,
    createTcpServer((socket) => void socket.end('hello\n')),
  )
  const reset = await listen(
    t,
    createTcpServer((socket) => void socket.once('data', () => socket.resetAndDestroy())),
  )
  const hangUp = await listen(
    t,
    createTcpServer((socket) => void socket.once('data', () => socket.end())),
  )
  const silent = await listen(
    t,
    createTcpServer(() => {}),
  )
  const short = await listen(
    t,
    createServer((_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('abc', () => response.destroy())
    }),
  )
  const cases = [
    { name: 'R07 a server that does not speak HTTP', url: `http://127.0.0.1:${hello}`, want: 5 },
    { name: 'R14 a closed port', url: `http://127.0.0.1:${await closedPort()}`, want: 10 },
    { name: 'a connection that is reset', url: `http://127.0.0.1:${reset}`, want: 10 },
    { name: 'a connection that ends without an answer', url: `http://127.0.0.1:${hangUp}`, want: 10 },
    { name: 'a body that is cut short', url: `http://127.0.0.1:${short}`, want: 10 },
    { name: 'R03 a host that does not exist', url: 'http://host.invalid', want: 9 },
    { name: 'R04 a server that never answers', url: `http://127.0.0.1:${silent}`, timeoutMs: 20, want: 2 },
    { name: 'a malformed URL', url: 'nope', want: 4 },
  ]
  for (const { name, url, timeoutMs, want } of cases) {
    for (const [client, send] of Object.entries(CLIENTS)) {
      const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
      const error: unknown = await (async () => send(url, signal))().then(
        () => t.fail(`${name}: ${client} got an answer`),
        (error: unknown) => error,
      )
      t.equal(codeOfStatus(classify(error).status), want, `${name}, ${client}`)
    }
  }
})

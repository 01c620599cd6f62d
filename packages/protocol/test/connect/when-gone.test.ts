import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import http2, { type Http2ServerResponse } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { readBody, whenGone } from '@dispatch/protocol/connect'
import t, { type Test } from 'tap'

const REQUEST = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'

/** A server whose answers the test writes, and a connection to it. */
async function serve(t: Test, requests: number) {
  const server = createServer()
  const responses: ServerResponse[] = []
  let socketHere: Socket | undefined
  const come = new Promise<void>((resolve) => {
    server.on('request', (request, response) => {
      socketHere = request.socket
      if (responses.push(response) === requests) resolve()
    })
  })
  t.teardown(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write(REQUEST.repeat(requests))
  await come
  return { responses, socket, socketHere: socketHere as Socket }
}

/** It may be reset, which does not matter here. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve))
}

/** Number of notifications of each. */
function watch(responses: readonly ServerResponse[]): number[] {
  const told = responses.map(() => 0)
  for (const [index, response] of responses.entries()) {
    whenGone(response, () => {
      told[index] = (told[index] as number) + 1
    })
  }
  return told
}

t.test(
  'an answer that was written is released, and so are those after it when the sender disconnects',
  async (t) => {
    const { responses, socket, socketHere } = await serve(t, 20)
    const told = watch(responses)
    const [first] = responses as [ServerResponse]
    first.end()
    await once(first, 'close')
    t.strictSame(told, [1, ...Array(19).fill(0)])
    t.ok(socketHere.listenerCount('close') < 10, 'however many wait on one connection')
    socket.destroy()
    await closed(socketHere)
    t.strictSame(told, Array(20).fill(1), 'each is notified once')
  },
)

t.test('a client that has already disconnected is reported immediately', async (t) => {
  const { responses, socket, socketHere } = await serve(t, 2)
  socket.destroy()
  await closed(socketHere)
  t.strictSame(watch(responses), [1, 1])
})

t.test(
  'HTTP/2: each stream closes separately, and one that is already closed is reported immediately',
  async (t) => {
    const server = http2.createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    t.teardown(() => {
      session.destroy()
      server.close()
    })
    const ask = async () => {
      const sent = session.request({ ':path': '/' })
      const [, response] = (await once(server, 'request')) as [unknown, Http2ServerResponse]
      return { sent, response: response as Http2ServerResponse & ServerResponse }
    }
    const [left, leaves, stays] = [await ask(), await ask(), await ask()]
    const leave = async ({ sent, response }: typeof left) => {
      sent.close(http2.constants.NGHTTP2_CANCEL)
      await once(response.stream, 'close')
    }
    await leave(left)
    const told = watch([left.response, leaves.response, stays.response])
    t.strictSame(told, [1, 0, 0])
    await leave(leaves)
    t.strictSame(told, [1, 1, 0])
  },
)

t.test('a body whose sender is gone already is not waited for', async (t) => {
  const stream = new Readable({ read: () => undefined }).destroy()
  await once(stream, 'close')
  await t.rejects(readBody(stream, { take: () => undefined, msMax: 60_000 }), { code: 'canceled' })
})

import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import { Dispatch, func } from '@dispatch/core'
import { encodeRunBatchRequest, envelopeOf, MESSAGE_STREAM_TYPE } from '@dispatch/protocol/connect'
import t, { type Test } from 'tap'
import { RunRoom } from '../../dist/endpoint/run-capacity.js'
import { inputOf, RUN_PATH, runRequestBytes } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const LIMITS = { requestsMax: 10, requestBytesMax: 10_000, bodyBytesMax: 8_000, bodyMsMax: 10_000 }
const FULL = { code: 'resource_exhausted', status: 'throttled' }

t.test('bytes count as they come, and are free when their request is answered', async (t) => {
  const [first, second] = placesIn(t, new RunRoom(LIMITS), 2)
  first.take(4_000)
  first.take(4_000)
  second.take(2_000)
  t.throws(() => second.take(1), { ...FULL, message: /2 requests of 10000 bytes under way/ })
  first.leave()
  second.take(1)
})

t.test('a body alone fits, however little room there is, but for what a body may have', async (t) => {
  const [place] = placesIn(t, new RunRoom({ ...LIMITS, requestBytesMax: 10 }), 1)
  place.take(8_000)
  t.throws(() => place.take(1), { code: 'invalid_argument', message: 'content length is too large' })
})

t.test('a compressed body counts as what it may become', async (t) => {
  const [first, second] = placesIn(t, new RunRoom(LIMITS), 2, { 'content-encoding': 'gzip' })
  first.take(20)
  t.throws(() => second.take(20), FULL)
})

t.test('requests are bounded by count', async (t) => {
  const room = new RunRoom({ ...LIMITS, requestsMax: 2 })
  const [first] = placesIn(t, room, 2)
  t.match(room.enter({}), { status: 429, headers: { 'retry-after': /^\d+$/ } })
  first.leave()
  first.leave()
  placesIn(t, room, 1)
  t.match(room.enter({}), { status: 429 })
})

for (const kind of ['handler', 'fetch'] as const) {
  t.test(`${kind}: while runs fill the room others are told to come again, and then taken`, async (t) => {
    const { post, release, running } = serve(t, kind)
    const held = post(runBytes(6_000))
    await running()
    const refused = await post(runBytes(6_000))
    t.equal(refused.status, 429)
    t.match(refused.headers.get('retry-after'), /^\d+$/)
    t.match(await refused.text(), /resource_exhausted/)
    release()
    t.equal((await held).status, 200)
    t.equal((await post(runBytes(6_000))).status, 200)
  })

  t.test(`${kind}: a batch of runs has its room until the last of them is answered`, async (t) => {
    const { post, release, running } = serve(t, kind)
    const batch = envelopeOf(encodeRunBatchRequest({ batchId: 'b', runs: [runBytes(6_000)] }))
    const held = post(batch, MESSAGE_STREAM_TYPE)
    await running()
    t.equal((await post(runBytes(6_000))).status, 429)
    release()
    const answer = await held
    t.equal(answer.status, 200)
    await answer.arrayBuffer()
    await until(async () => (await post(runBytes(6_000))).status === 200)
  })
}

t.test('what a slow sender has sent counts, what it has announced does not', async (t) => {
  const { post, port, release } = serve(t, 'handler')
  release()
  const slow = await connect(t, await port(), 'content-length: 8000')
  t.equal((await post(runBytes(6_000))).status, 200)
  slow.write('x'.repeat(6_000))
  await until(async () => (await post(runBytes(6_000))).status === 429)
  slow.destroy()
  await until(async () => (await post(runBytes(6_000))).status === 200)
})

t.test('a body that does not arrive in time is refused, and its connection closed', async (t) => {
  const { port } = serve(t, 'handler', { bodyMsMax: 20 })
  const slow = await connect(t, await port(), 'content-length: 100')
  const [answer] = await once(slow, 'data')
  t.match(String(answer), /^HTTP\/1\.1 408 [\s\S]*connection: close[\s\S]*within 20 ms/i)
  await once(slow, 'end')
})

function placesIn(t: Test, room: RunRoom, count: 1 | 2, headers = {}) {
  const places = Array.from({ length: count }, () => {
    const place = room.enter(headers)
    if ('status' in place) throw new Error('there is no room')
    return place
  })
  t.equal(places.length, count)
  return places as [(typeof places)[0], (typeof places)[0]]
}

const limits = { requestBytesMax: 10_000, bodyBytesMax: 8_000 }

/** A `Dispatch` with a function that goes on until it is released. */
function serve(t: Test, kind: 'handler' | 'fetch', options: object = {}) {
  let release = (): void => {}
  let runs = 0
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const hold = func('hold', async (_: string) => {
    runs += 1
    await released
  })
  const dispatch = new Dispatch({
    functions: [hold],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
    ...limits,
    ...options,
  })
  const server = http.createServer(dispatch.handler())
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const port = async () => {
    if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  }
  const post = async (body: Uint8Array, type = 'application/proto'): Promise<Response> => {
    const init = { method: 'POST', body, headers: { 'content-type': type } }
    if (kind === 'fetch') return await dispatch.fetch(new Request(`http://x${RUN_PATH}`, init))
    return await fetch(`http://127.0.0.1:${await port()}${RUN_PATH}`, init)
  }
  return { post, port, release, running: () => until(async () => runs > 0) }
}

function runBytes(inputBytes: number): Uint8Array {
  return runRequestBytes({ function: 'hold', directive: inputOf('x'.repeat(inputBytes)) })
}

/** A request of which only the head is sent. Resolves when the server knows of it. */
async function connect(t: Test, port: number, field: string): Promise<Socket> {
  const socket = net.connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write(
    `POST ${RUN_PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/proto\r\nexpect: 100-continue\r\n${field}\r\n\r\n`,
  )
  const [answer] = await once(socket, 'data')
  if (!String(answer).startsWith('HTTP/1.1 100')) throw new Error(String(answer))
  return socket
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise(setImmediate)
}

t.test('a sender that has left before its request comes here takes no room', async (t) => {
  const { port, arrived, handleAll } = await serveLate(t)
  for (const size of [1, 2, 3]) {
    const socket = net.connect(port, '127.0.0.1')
    socket.write(`${RUN_HEAD}x`)
    await until(async () => arrived.length === size)
    socket.destroy()
    await closed(arrived.at(-1)?.socket as Socket)
  }
  await handleAll()
  t.equal(await statusOfNext(t, port, handleAll), 400)
})

t.test('requests that wait behind another one on their connection leave with it', async (t) => {
  const { port, arrived, handleAll } = await serveLate(t)
  const socket = net.connect(port, '127.0.0.1')
  socket.write(`GET / HTTP/1.1\r\nhost: x\r\n\r\n${`${RUN_HEAD}x`.repeat(3)}`)
  await until(async () => arrived.length === 4)
  // Nobody answers the first one.
  arrived.shift()
  const here = arrived[0]?.socket as Socket
  const handled = handleAll()
  socket.destroy()
  await closed(here)
  await handled
  t.equal(await statusOfNext(t, port, handleAll), 400)
})

/** It may be reset, which is no matter here. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve))
}

const RUN_HEAD = `POST ${RUN_PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/proto\r\ncontent-length: 1\r\n\r\n`

/** A server with room for three requests, and something in front of it that takes its time, such as a session. */
async function serveLate(t: Test) {
  const dispatch = new Dispatch({
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
    requestsMax: 3,
  })
  const handle = dispatch.handler()
  const arrived: (http.IncomingMessage & { answer: http.ServerResponse })[] = []
  const server = http.createServer((request, answer) => void arrived.push(Object.assign(request, { answer })))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const handleAll = async () => {
    await Promise.all(arrived.splice(0).map((request) => handle(request, request.answer)))
  }
  return { port: (server.address() as AddressInfo).port, arrived, handleAll }
}

/** What a request is answered with that is garbage: 400, or 429 when there is no room for it. */
async function statusOfNext(t: Test, port: number, handleAll: () => Promise<void>): Promise<number> {
  const timer = setInterval(handleAll, 10)
  t.teardown(() => clearInterval(timer))
  const headers = { 'content-type': 'application/proto' }
  const { status } = await fetch(`http://127.0.0.1:${port}${RUN_PATH}`, {
    method: 'POST',
    headers,
    body: 'x',
  })
  return status
}

import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import { Dispatch, func } from '@dispatch/core'
import { encodeRunBatchRequest, envelopeOf, MESSAGE_STREAM_TYPE } from '@dispatch/protocol/connect'
import { RUN_PATH } from '@dispatch/protocol/messages'
import t, { type Test } from 'tap'
import { type BodyReservation, RunCapacity } from '../../dist/endpoint/run-capacity.js'
import { inputOf, runRequestBytes } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const LIMITS = { requestsMax: 10, requestBytesMax: 10_000, bodyBytesMax: 8_000, bodyMsMax: 10_000 }
const FULL = { code: 'resource_exhausted', status: 'throttled' }

t.test('bytes count when they arrive, and are free when their request is answered', async (t) => {
  const [first, second] = reserveIn(t, new RunCapacity(LIMITS), 2)
  first.take(4_000)
  first.take(4_000)
  second.take(2_000)
  t.throws(() => second.take(1), { ...FULL, message: /2 requests of 10000 bytes under way/ })
  first.release()
  second.take(1)
})

t.test('a single body is always admitted, up to the largest size of a body', async (t) => {
  const [reservation] = reserveIn(t, new RunCapacity({ ...LIMITS, requestBytesMax: 10 }), 1)
  reservation.take(8_000)
  t.throws(() => reservation.take(1), { code: 'invalid_argument', message: 'content length is too large' })
})

t.test('a compressed body counts with its possible size after decompression', async (t) => {
  const [first, second] = reserveIn(t, new RunCapacity(LIMITS), 2, { 'content-encoding': 'gzip' })
  first.take(20)
  t.throws(() => second.take(20), FULL)
})

t.test('requests are bounded by count', async (t) => {
  const capacity = new RunCapacity({ ...LIMITS, requestsMax: 2 })
  const [first] = reserveIn(t, capacity, 2)
  t.match(capacity.reserve({}), { status: 429, headers: { 'retry-after': /^\d+$/ } })
  first.release()
  first.release()
  reserveIn(t, capacity, 1)
  t.match(capacity.reserve({}), { status: 429 })
})

for (const kind of ['handler', 'fetch'] as const) {
  t.test(
    `${kind}: while runs use all capacity others are refused with Retry-After, and accepted afterwards`,
    async (t) => {
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
    },
  )

  t.test(`${kind}: a batch of runs keeps its reservation until the last of them is answered`, async (t) => {
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

t.test('the bytes that a slow sender has sent count, those that it has announced do not', async (t) => {
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

function reserveIn(t: Test, capacity: RunCapacity, count: 1 | 2, headers = {}) {
  const reservations = Array.from({ length: count }, () => {
    const reservation = capacity.reserve(headers)
    if ('status' in reservation) throw new Error('it was refused')
    return reservation
  })
  t.equal(reservations.length, count)
  return reservations as [BodyReservation, BodyReservation]
}

const limits = { requestBytesMax: 10_000, bodyBytesMax: 8_000 }

/** A `Dispatch` with a function that runs until `release` is called. */
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

/** A request of which only the head is sent. Resolves when the server has received it. */
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

t.test('a sender that disconnects before its request is handled reserves nothing', async (t) => {
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

t.test('pipelined requests release their reservations with their connection', async (t) => {
  const { port, arrived, handleAll } = await serveLate(t)
  const socket = net.connect(port, '127.0.0.1')
  socket.write(`GET / HTTP/1.1\r\nhost: x\r\n\r\n${`${RUN_HEAD}x`.repeat(3)}`)
  await until(async () => arrived.length === 4)
  // The first one is never answered.
  arrived.shift()
  const here = arrived[0]?.socket as Socket
  const handled = handleAll()
  socket.destroy()
  await closed(here)
  await handled
  t.equal(await statusOfNext(t, port, handleAll), 400)
})

/** Whether it is reset or closed does not matter here. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve))
}

const RUN_HEAD = `POST ${RUN_PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/proto\r\ncontent-length: 1\r\n\r\n`

/** A server with capacity for three requests, behind a slow middleware, such as one that loads sessions. */
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

/** The answer to a malformed request: 400, or 429 when it does not fit. */
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

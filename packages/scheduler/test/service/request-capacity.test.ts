import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import {
  CallState,
  create,
  DISPATCH_PATH,
  DispatchRequestSchema,
  DispatchResponseSchema,
  durationFromMs,
  fromBinary,
  GET_PATH,
  GetRequestSchema,
  RunResponseSchema,
  toBinary,
  WAIT_PATH,
  WaitRequestSchema,
} from '@dispatch/protocol/messages'
import { encodeValue } from '@dispatch/protocol/values'
import { type ServeSchedulerOptions, serveScheduler } from '@dispatch/scheduler'
import t, { type Test } from 'tap'
import { request } from 'undici'

const APP = 'http://127.0.0.1:1'

t.test('bodies under way are bounded by bytes: 429 with Retry-After, accepted afterwards', async (t) => {
  const served = await start(t, { requestBytesMax: 10_000 })
  const slow = await begin(t, served.url, 'content-length: 9000')
  const refused = await post(served.url, DISPATCH_PATH, dispatchBytes(2_000))
  t.match(refused, { status: 429, headers: { 'retry-after': /^\d+$/ } })
  t.match(refused.text, /resource_exhausted.*handling 1 requests of 9000 bytes/)
  t.equal(served.scheduler.liveCalls, 0)
  slow.destroy()
  await until(async () => (await post(served.url, DISPATCH_PATH, dispatchBytes(2_000))).status === 200)
})

t.test('a body without a length counts when it arrives', async (t) => {
  const served = await start(t, { requestBytesMax: 10_000 })
  const slow = await begin(t, served.url, 'transfer-encoding: chunked')
  slow.write(`1F40\r\n${'x'.repeat(8_000)}\r\n`)
  await until(async () => (await post(served.url, DISPATCH_PATH, dispatchBytes(2_000))).status === 429)
  const other = await begin(t, served.url, 'transfer-encoding: chunked')
  other.write(`1000\r\n${'x'.repeat(4_096)}\r\n`)
  const [answer] = await once(other, 'data')
  t.match(String(answer), /^HTTP\/1\.1 429 [\s\S]*connection: close/i)
})

t.test('a compressed body counts with its possible size after decompression', async (t) => {
  const served = await start(t, { requestBytesMax: 1_000_000 })
  await begin(t, served.url, 'content-length: 10')
  const body = gzipSync(dispatchBytes(2_000_000))
  t.equal((await post(served.url, DISPATCH_PATH, body, { 'content-encoding': 'gzip' })).status, 429)
})

t.test('a body that does not arrive in time is refused, and its connection closed', async (t) => {
  const served = await start(t, { bodyMsMax: 20 })
  const slow = await begin(t, served.url, 'content-length: 100')
  const [answer] = await once(slow, 'data')
  t.match(String(answer), /^HTTP\/1\.1 408 [\s\S]*connection: close[\s\S]*within 20 ms/i)
  await once(slow, 'end')
})

t.test('requests that wait are bounded by count', async (t) => {
  const served = await start(t, { requestsMax: 2 })
  const id = await dispatchOne(served.url, APP)
  const waits = [waitFor(served.url, id), waitFor(served.url, id)]
  await until(async () => (await post(served.url, GET_PATH, getBytes(id))).status === 429)
  await served.scheduler.cancel(id)
  for (const { status } of await Promise.all(waits)) t.equal(status, 200)
  t.equal((await post(served.url, GET_PATH, getBytes(id))).status, 200)
})

t.test('pipelined requests release their reservations with their connection', async (t) => {
  const served = await start(t, { requestsMax: 3 })
  const id = await dispatchOne(served.url, APP)
  const wait = waitBytes(id)
  const socket = await begin(t, served.url, `content-length: ${wait.byteLength}`, WAIT_PATH)
  const head = `POST ${WAIT_PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/proto\r\n`
  const next = Buffer.concat([Buffer.from(`${head}content-length: ${wait.byteLength}\r\n\r\n`), wait])
  socket.write(Buffer.concat([wait, next, next]))
  const isFull = async () => (await post(served.url, GET_PATH, getBytes(id))).status === 429
  await until(isFull)
  socket.destroy()
  await until(async () => !(await isFull()))
  const waits = [waitFor(served.url, id), waitFor(served.url, id), waitFor(served.url, id)]
  await until(isFull)
  await served.scheduler.cancel(id)
  for (const { status } of await Promise.all(waits))
    t.equal(status, 200, 'all three reservations are free again')
})

t.test('requests that wait for a call are bounded by count', async (t) => {
  const served = await start(t, { waitersMax: 1 })
  const id = await dispatchOne(served.url, APP)
  const waiting = waitFor(served.url, id)
  await until(async () => (await waitFor(served.url, id, 1)).status === 429)
  await served.scheduler.cancel(id)
  t.equal((await waiting).status, 200)
})

t.test('an unread answer is dropped, and its bytes are free again', async (t) => {
  const output = 'x'.repeat(8_000_000)
  const endpoint = await startEndpoint(t, output)
  const served = await start(t, { requestBytesMax: 10_000_000, answerMsMax: 100 })
  const id = await dispatchOne(served.url, endpoint)
  await until(async () => (await served.scheduler.get(id))?.state === CallState.DONE)
  const unread = await begin(t, served.url, `content-length: ${getBytes(id).byteLength}`, GET_PATH)
  unread.pause()
  unread.write(getBytes(id))
  await until(async () => (await post(served.url, GET_PATH, getBytes(id))).status === 429)
  await until(async () => (await post(served.url, GET_PATH, getBytes(id))).status === 200)
  unread.resume()
  await once(unread, 'close')
  t.pass('the connection was closed')
})

async function start(t: Test, options: Partial<ServeSchedulerOptions>) {
  const served = await serveScheduler({ store: ':memory:', port: 0, ...options })
  t.teardown(() => served.close(0))
  return served
}

/** A request of which only the head is sent. Resolves when the server has received it. */
async function begin(t: Test, url: string, field: string, path = DISPATCH_PATH): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  t.teardown(() => socket.destroy())
  // 100: the head was read and nothing refused.
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/proto\r\nexpect: 100-continue\r\n${field}\r\n\r\n`,
  )
  const [answer] = await once(socket, 'data')
  if (!String(answer).startsWith('HTTP/1.1 100')) throw new Error(String(answer))
  return socket
}

async function startEndpoint(t: Test, output: string): Promise<string> {
  const answer = toBinary(
    RunResponseSchema,
    create(RunResponseSchema, {
      status: 1,
      directive: { case: 'exit', value: { result: { output: encodeValue(output) } } },
    }),
  )
  const server = createServer((incoming: IncomingMessage, response) => {
    incoming.resume().on('end', () => {
      response.setHeader('content-type', 'application/proto')
      response.end(answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function post(url: string, path: string, body: Uint8Array, headers: Record<string, string> = {}) {
  const answer = await request(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/proto', ...headers },
    body,
  })
  const bytes = Buffer.from(await answer.body.bytes())
  return { status: answer.statusCode, headers: answer.headers, bytes, text: bytes.toString() }
}

function dispatchBytes(inputBytes: number, endpoint = APP): Uint8Array {
  const call = { endpoint, function: 'f', input: encodeValue('x'.repeat(inputBytes)) }
  return toBinary(DispatchRequestSchema, create(DispatchRequestSchema, { calls: [call] }))
}

async function dispatchOne(url: string, endpoint: string): Promise<string> {
  const { bytes } = await post(url, DISPATCH_PATH, dispatchBytes(1, endpoint))
  return fromBinary(DispatchResponseSchema, bytes).dispatchIds[0] as string
}

function getBytes(dispatchId: string): Uint8Array {
  return toBinary(GetRequestSchema, create(GetRequestSchema, { dispatchId }))
}

function waitBytes(dispatchId: string, ms = 50_000): Uint8Array {
  return toBinary(WaitRequestSchema, create(WaitRequestSchema, { dispatchId, timeout: durationFromMs(ms) }))
}

function waitFor(url: string, dispatchId: string, ms?: number) {
  return post(url, WAIT_PATH, waitBytes(dispatchId, ms))
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise(setImmediate)
}

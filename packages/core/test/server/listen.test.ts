import http from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Dispatch, DispatchError, func } from '@dispatch/core'
import type { EmbeddedScheduler, EmbeddedSchedulerOptions } from '@dispatch/protocol'
import { RUN_PATH } from '@dispatch/protocol/messages'
import t from 'tap'
import { handleUnary, inputOf, runOutputOf, runRequestBytes } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const HELLO = runRequestBytes({ function: 'greet', directive: inputOf('World') })

/** A promise that a test settles. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

/** A function that reports when it runs, and ends when it is released or aborted. */
function createBlocked() {
  const [entered, released] = [gate(), gate()]
  const greet = func('greet', async (name: string, call) => {
    entered.open()
    await new Promise<void>((resolve, reject) => {
      released.opened.then(resolve)
      call.signal.addEventListener('abort', () => reject(call.signal.reason))
    })
    return `hello ${name}`
  })
  return { greet, entered, released }
}

/** An embedded scheduler that records the calls of its methods. */
function createEmbedded(log: string[]): (options: EmbeddedSchedulerOptions) => EmbeddedScheduler {
  return ({ store, endpointUrl }) => ({
    ...createSchedulerDouble(),
    open: async () => void log.push(`open ${store} ${endpointUrl}`),
    start: () => void log.push('start'),
    stop: async (graceMs) => void log.push(`stop ${graceMs}`),
    close: async () => void log.push('close'),
    stats: () => [],
  })
}

function post(
  url: string,
  agent?: http.Agent,
): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      url + RUN_PATH,
      { method: 'POST', agent: agent ?? false },
      async (response) => {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk as Buffer)
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
      },
    )
    request.on('error', reject)
    request.end(HELLO)
  })
}

t.test('listenAndServe serves, and starts and stops the embedded scheduler', async (t) => {
  const log: string[] = []
  const { greet, released } = createBlocked()
  released.open()
  const dispatch = new Dispatch({
    functions: [greet],
    scheduler: createEmbedded(log),
    store: ':memory:',
    allowUnsigned: true,
    shutdownGraceMs: 5,
    env: {},
  })
  const server = await dispatch.listenAndServe({ port: 0 })
  t.match(server.url, /^http:\/\/localhost:\d+$/)
  const response = await post(server.url)
  t.equal(response.status, 200)
  t.equal(runOutputOf({ status: 200, headers: {}, body: response.body }).output, 'hello World')
  await server.close()
  t.strictSame(log, ['open :memory: bridge://embedded', 'start', 'stop 5', 'close'])
  await t.rejects(post(server.url), { code: 'ECONNREFUSED' })
  await t.rejects(dispatch.dispatch(greet, 'x'), { message: /closed/ })
})

t.test('an address in use is an error that names it and the fix', async (t) => {
  const dispatch = new Dispatch({ scheduler: createSchedulerDouble(), env: {} })
  const server = await dispatch.listenAndServe({ port: 0, host: '127.0.0.1' })
  t.teardown(() => server.close())
  const { port } = new URL(server.url)
  const other = new Dispatch({
    scheduler: createSchedulerDouble(),
    env: { DISPATCH_ENDPOINT_ADDR: `127.0.0.1:${port}` },
  })
  await t.rejects(other.listenAndServe(), {
    status: 'tcp',
    message: `cannot listen on 127.0.0.1:${port} (EADDRINUSE): another process has it; pass option port, or set DISPATCH_ENDPOINT_ADDR`,
  })
  await t.rejects(other.listenAndServe({ port: 70_000 }), {
    name: 'TypeError',
    message: /^listenAndServe\(options\)\.port/,
  })
})

t.test('close waits for a run and answers it, on a connection that is then closed', async (t) => {
  const { greet, entered, released } = createBlocked()
  const dispatch = new Dispatch({
    functions: [greet],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
  })
  const server = await dispatch.listenAndServe({ port: 0 })
  const agent = new http.Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const answer = post(server.url, agent)
  await entered.opened
  const closed = server.close()
  t.ok(dispatch.isStopping)
  released.open()
  const response = await answer
  t.equal(response.status, 200)
  t.equal(response.headers.connection, 'close')
  await closed
})

t.test('a run that does not end in time is aborted with a retryable status', async (t) => {
  const { greet, entered } = createBlocked()
  const dispatch = new Dispatch({
    functions: [greet],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    shutdownGraceMs: 1,
    env: {},
  })
  const server = await dispatch.listenAndServe({ port: 0 })
  const answer = post(server.url)
  await entered.opened
  await server.close()
  const { status, error } = runOutputOf({ status: 200, headers: {}, body: (await answer).body })
  t.equal(status, 'temporary')
  t.equal(error?.message, 'the process is shutting down')
})

t.test('an endpoint that shuts down answers 503', async (t) => {
  const dispatch = new Dispatch({ scheduler: createSchedulerDouble(), allowUnsigned: true, env: {} })
  await dispatch.stop()
  const response = await handleUnary(dispatch, {
    method: 'POST',
    path: RUN_PATH,
    headers: { 'content-length': String(HELLO.byteLength) },
    body: HELLO,
  })
  t.equal(response.status, 503)
  t.match(JSON.parse(Buffer.from(response.body).toString()), { code: 'unavailable' })
})

t.test('call.signal aborts when the sender disconnects', async (t) => {
  const [entered, aborted] = [gate(), gate()]
  const watched = func('greet', async (_name: string, call) => {
    call.signal.addEventListener('abort', () => aborted.open())
    entered.open()
    await aborted.opened
  })
  const dispatch = new Dispatch({
    functions: [watched],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
  })
  const server = await dispatch.listenAndServe({ port: 0 })
  const request = http.request(server.url + RUN_PATH, { method: 'POST' })
  request.on('error', () => undefined)
  request.end(HELLO)
  await entered.opened
  request.destroy()
  await aborted.opened
  t.pass('aborted')
  await server.close()
})

t.test('a run is aborted after its Connect-Timeout-Ms', async (t) => {
  const { greet } = createBlocked()
  const dispatch = new Dispatch({
    functions: [greet],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
  })
  const response = await handleUnary(dispatch, {
    method: 'POST',
    path: RUN_PATH,
    headers: { 'content-length': String(HELLO.byteLength), 'connect-timeout-ms': '1' },
    body: HELLO,
  })
  t.match(runOutputOf(response), {
    status: 'timeout',
    error: { message: 'the scheduler waits no longer than 1 ms' },
  })
})

t.test('HTTP/2 is served by the same handler', async (t) => {
  const greet = func('greet', async (name: string) => `hello ${name}`)
  const dispatch = new Dispatch({
    functions: [greet],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
  })
  const server = http2.createServer(dispatch.handler() as never)
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const client = http2.connect(`http://localhost:${(server.address() as AddressInfo).port}`)
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  const ask = async (headers: http2.OutgoingHttpHeaders, body?: Uint8Array) => {
    const stream = client.request(headers)
    stream.end(body)
    const got = new Promise<number>((resolve) =>
      stream.on('response', (head) => resolve(head[':status'] ?? 0)),
    )
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    return { status: await got, body: Buffer.concat(chunks) }
  }
  const response = await ask({ ':method': 'POST', ':path': RUN_PATH }, HELLO)
  t.equal(response.status, 200)
  t.equal(runOutputOf({ status: 200, headers: {}, body: response.body }).output, 'hello World')
  t.equal((await ask({ ':method': 'GET', ':path': RUN_PATH })).status, 405)
  await dispatch.stop()
  t.equal((await ask({ ':method': 'POST', ':path': RUN_PATH }, HELLO)).status, 503)
})

t.test('a scheduler that fails to open is opened again at the next dispatch', async (t) => {
  let attempts = 0
  const greet = func('greet', async () => null)
  const dispatch = new Dispatch({
    functions: [greet],
    env: {},
    scheduler: (options) => ({
      ...createEmbedded([])(options),
      async open() {
        attempts += 1
        if (attempts === 1) throw new DispatchError('permanent', 'the disk is full')
      },
    }),
  })
  await t.rejects(dispatch.dispatch(greet), { message: 'the disk is full' })
  t.ok((await dispatch.dispatch(greet)).id)
  t.equal(attempts, 2)
})

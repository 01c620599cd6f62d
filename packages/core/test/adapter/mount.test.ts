import { EventEmitter, once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type MountOptions, type MountRequest, mountDispatch } from '@dispatch/core/adapter'
import type { Scheduler } from '@dispatch/protocol'
import t from 'tap'
import { OpenAnswers } from '../../dist/adapter/open-answers.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const OPTIONS = { env: {} }

/** The parts of a response that a mount uses. */
class AnswerDouble extends EventEmitter {
  destroyed = false
  readonly headers: Record<string, unknown> = {}
  readonly headersSent: boolean
  readonly req: { httpVersionMajor: number; socket: EventEmitter & { end(): void } }
  isConnectionEnded = false

  constructor({ headersSent = false, httpVersionMajor = 1 } = {}) {
    super()
    this.headersSent = headersSent
    const end = () => {
      this.isConnectionEnded = true
    }
    this.req = { httpVersionMajor, socket: Object.assign(new EventEmitter(), { end }) }
  }

  setHeader(name: string, value: unknown): void {
    this.headers[name] = value
  }

  end(): void {
    this.emit('end')
  }
}

/** A request, of which an exchange reads no more than this. */
function requestOf(request: object = {}): MountRequest {
  return { method: 'GET', url: '/', headers: {}, ...request } as MountRequest
}

function answer(options?: { headersSent?: boolean; httpVersionMajor?: number }) {
  const double = new AnswerDouble(options)
  return { double, response: double as never as ServerResponse }
}

const callRequests = [
  { name: 'a call', method: 'GET', url: '/dispatch/calls/1', want: '1' },
  { name: 'a call, by HEAD', method: 'HEAD', url: '/dispatch/calls/1', want: '1' },
  { name: 'a call, with a query', method: 'GET', url: '/dispatch/calls/1?wait=5s', want: '1' },
  { name: 'a child call', method: 'GET', url: '/dispatch/calls/1/2', want: '1/2' },
  { name: 'a child call whose slash is escaped', method: 'GET', url: '/dispatch/calls/1%2F2', want: '1/2' },
  { name: 'another method', method: 'DELETE', url: '/dispatch/calls/1', want: undefined },
  { name: 'no id', method: 'GET', url: '/dispatch/calls/', want: undefined },
  { name: 'the path alone', method: 'GET', url: '/dispatch/calls', want: undefined },
  { name: 'an invalid escape', method: 'GET', url: '/dispatch/calls/%E0%A4%A', want: undefined },
  { name: 'a longer path', method: 'GET', url: '/x/dispatch/calls/1', want: undefined },
  { name: 'a whole URL', method: 'GET', url: 'http://x/dispatch/calls/1', want: '1' },
] as const
for (const { name, want, ...request } of callRequests) {
  t.test(`a request for a call, by its path: ${name}`, async (t) => {
    t.equal(await servedCallOf(request), want)
  })
}

t.test('no request is for a call when calls are not served', async (t) => {
  const request = { method: 'GET', url: '/dispatch/calls/1' }
  t.equal(await servedCallOf(request, { callsPath: false }), undefined)
})

/** The id of the call that a mount looks up for a request; `undefined` when it does not serve the request. */
async function servedCallOf(request: object, options: MountOptions = {}): Promise<string | undefined> {
  let servedId: string | undefined
  const scheduler: Scheduler = {
    ...createSchedulerDouble(),
    async wait(id) {
      servedId = id
      return undefined
    },
  }
  const { double, response } = answer()
  const exchange = mountDispatch({ ...OPTIONS, scheduler, ...options }).exchange(requestOf(request), response)
  if (exchange.serve(() => undefined)) await once(double, 'end')
  return servedId
}

for (const callsPath of ['', 'jobs', '/', '/jobs/', '/jobs/:id', '/jobs/*', '/a b', '/jobs?x', true, 5]) {
  t.test(`callsPath ${JSON.stringify(callsPath)} is refused`, async (t) => {
    t.throws(() => mountDispatch({ ...OPTIONS, callsPath: callsPath as never }), {
      name: 'TypeError',
      message:
        /^option callsPath: expected a path without a final slash, such as \/dispatch\/calls, or false/,
    })
  })
}

const locations = [
  { name: 'at the root', endpointUrl: undefined, mountPath: '', want: '/dispatch/calls/call-1' },
  { name: 'at a mount', endpointUrl: undefined, mountPath: '/api', want: '/api/dispatch/calls/call-1' },
  {
    name: 'with a public URL',
    endpointUrl: 'https://x.example/svc/',
    mountPath: '/api',
    want: '/svc/dispatch/calls/call-1',
  },
  {
    name: 'with a public URL at its root',
    endpointUrl: 'https://x.example',
    mountPath: '/api',
    want: '/dispatch/calls/call-1',
  },
  {
    name: 'with a session',
    endpointUrl: 'bridge://session',
    mountPath: '/api',
    want: '/api/dispatch/calls/call-1',
  },
]
for (const { name, endpointUrl, mountPath, want } of locations) {
  t.test(`M3 the location of a call ${name}`, async (t) => {
    const mount = mountDispatch({ ...OPTIONS, scheduler: createSchedulerDouble(), endpointUrl })
    const handle = Promise.resolve(mount.dispatch.call('call-1'))
    const reply = await mount.exchange(requestOf(), answer().response).dispatchedReply(handle, mountPath)
    t.equal(reply.headers.location, want)
  })
}

const refusals = [
  { error: { statusCode: 413, message: 'FST' }, status: 400, code: 'invalid_argument' },
  { error: { statusCode: 401, message: 'who?' }, status: 401, code: 'unauthenticated' },
  { error: { statusCode: 403, message: 'you?' }, status: 403, code: 'permission_denied' },
  { error: { statusCode: 429, message: 'slow' }, status: 429, code: 'resource_exhausted' },
  { error: { statusCode: 415, message: 'what?' }, status: 415, code: 'invalid_argument' },
  { error: { statusCode: 503, message: 'secret' }, status: 500, code: 'internal' },
  { error: new Error('secret'), status: 500, code: 'internal' },
  { error: undefined, status: 500, code: 'internal' },
]
for (const { error, status, code } of refusals) {
  t.test(`a framework's error ${JSON.stringify(error)} is answered with ${status} ${code}`, async (t) => {
    const refusal = mountDispatch(OPTIONS).exchange(requestOf(), answer().response).refusalOf(error)
    t.equal(refusal.status, status)
    t.match(JSON.parse(Buffer.from(refusal.body).toString()), { code, message: /^(?!secret)./ })
  })
}

t.test('M1 answers that are open when it stops close their connections, and so do later ones', async (t) => {
  const mount = mountDispatch(OPTIONS)
  const [open, sent, ended, http2] = [
    answer(),
    answer({ headersSent: true }),
    answer(),
    answer({ httpVersionMajor: 2 }),
  ]
  for (const { response } of [open, sent, ended, http2]) mount.exchange(requestOf(), response)
  ended.double.emit('close')
  await mount.stop()
  sent.double.emit('finish')
  const later = answer()
  mount.exchange(requestOf(), later.response)
  t.strictSame(open.double.headers, { connection: 'close' })
  t.strictSame(later.double.headers, { connection: 'close' })
  t.strictSame(ended.double.headers, {}, 'one that has ended is not kept')
  t.strictSame(http2.double.headers, {}, 'HTTP/2 has no such header field')
  t.equal(sent.double.isConnectionEnded, true)
  await mount.close()
})

t.test('M2 requests that wait are answered when it has stopped', async (t) => {
  const mount = mountDispatch({ ...OPTIONS, scheduler: createSchedulerDouble(), functions: [] })
  const handle = mount.dispatch.call('call-1')
  const dispatched = () =>
    mount.exchange(requestOf({ url: '/?wait=60s' }), answer().response).dispatchedReply(handle, '')
  const reply = dispatched()
  await mount.stop()
  t.equal((await reply).status, 202)
  t.equal((await dispatched()).status, 202, 'one that begins later')
  await mount.close()
})

t.test('an answer whose sender has disconnected is not kept, and its wait is over', async (t) => {
  const answers = new OpenAnswers()
  const { double, response } = answer()
  double.destroyed = true
  answers.add(response)
  answers.endConnections()
  t.strictSame(double.headers, {})
  t.ok(answers.waitSignalOf(response).aborted)
})

t.test('a pipelined answer is dropped with its connection', async (t) => {
  const answers = new OpenAnswers()
  const { double, response } = answer()
  answers.add(response)
  const signal = answers.waitSignalOf(response)
  double.req.socket.emit('close')
  t.ok(signal.aborted)
  answers.endConnections()
  t.strictSame(double.headers, {})
})

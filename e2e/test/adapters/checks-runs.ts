import http from 'node:http'
import { gzipSync } from 'node:zlib'
import { func } from '@dispatch/core'
import { RUN_PATH } from '@dispatch/core/adapter'
import {
  decodeRunBatchResponse,
  encodeRunBatchRequest,
  envelopeOf,
  MESSAGE_STREAM_TYPE,
  MessageStreamReader,
} from '@dispatch/protocol/connect'
import { create, embedded, nextRunOf, remote, resultOf, until } from '../helpers/adapters/fixtures.js'
import { type Answer, exchange, jsonOf, jsonRequest } from '../helpers/http/http-exchange.js'
import { hostileRequests } from '../helpers/runs/hostile-requests.js'
import { createNoScheduler } from '../helpers/runs/no-scheduler.js'
import { outputOf, runBytes, signedRun, VERIFICATION_KEY } from '../helpers/runs/run-exchange.js'
import type { AdapterCheck } from './contract.js'

/** The promises of adapters to stand-alone schedulers, and to any other sender of requests to their route. */
export const RUN_CHECKS: readonly AdapterCheck[] = [
  {
    name: 'a stand-alone scheduler runs functions with signed requests, in binary and in JSON',
    async run(t, adapter) {
      const { url, authority } = await remote(t, adapter)
      const binary = await exchange(url, signedRun({ authority, body: runBytes('greet', { name: 'Ada' }) }))
      t.equal(binary.status, 200)
      t.equal(binary.headers['content-type'], 'application/proto')
      t.strictSame(outputOf(binary), { status: 'ok', output: 'hello Ada' })
      const body = Buffer.from(
        '{"function":"fail","input":{"@type":"type.googleapis.com/google.protobuf.Empty"}}',
      )
      const contentType = 'application/vnd.dispatch.v1+json'
      const json = await exchange(url, signedRun({ authority, body, contentType }))
      t.equal(json.status, 200)
      t.match(jsonOf(json), { status: 'STATUS_PERMANENT_ERROR' })
    },
  },
  {
    name: 'the runs of a signed batch are answered as they end: a slow one delays no other',
    async run(t, adapter) {
      const { url, authority } = await remote(t, adapter)
      const holding = nextRunOf('held')
      const body = envelopeOf(
        encodeRunBatchRequest({
          batchId: 'b',
          runs: [runBytes('held', null), runBytes('greet', { name: 'Ada' })],
        }),
      )
      const indexes: number[] = []
      const reader = new MessageStreamReader(100_000)
      const ended = new Promise<http.IncomingMessage>((resolve, reject) => {
        const { method, path, headers } = signedRun({ authority, body, contentType: MESSAGE_STREAM_TYPE })
        const request = http.request(url, { method, path, headers }, (response) => {
          response.on('data', (chunk: Buffer) => {
            for (const message of reader.push(chunk)) indexes.push(decodeRunBatchResponse(message).index)
          })
          response.on('end', () => resolve(response))
        })
        request.on('error', reject).end(body)
      })
      const release = await holding
      await until(() => indexes.length === 1)
      release()
      const { statusCode, headers } = await ended
      t.equal(statusCode, 200)
      t.equal(headers['content-type'], MESSAGE_STREAM_TYPE)
      t.strictSame([indexes, reader.isEnded], [[1, 0], true])
      const forged = signedRun({ authority, body, contentType: MESSAGE_STREAM_TYPE })
      const answer = await exchange(url, { ...forged, body: Buffer.concat([body, body]) })
      t.equal(answer.status, 403, 'the signature covers all of them')
    },
  },
  {
    name: 'the JSON bodies of the application are parsed as before, and only those',
    async run(t, adapter) {
      const { url } = await remote(t, adapter)
      t.strictSame(jsonOf(await exchange(url, jsonRequest('/echo', { a: [1] }))), { a: [1] })
      const malformed = { ...jsonRequest('/echo', {}), body: Buffer.from('{') }
      t.equal((await exchange(url, malformed)).status, 500)
    },
  },
  {
    name: 'a body may be larger than the limit of the framework for other routes',
    async run(t, adapter) {
      const { url, authority } = await remote(t, adapter)
      const name = 'A'.repeat(2_000_000)
      const answer = await exchange(url, signedRun({ authority, body: runBytes('greet', { name }) }))
      t.strictSame(outputOf(answer), { status: 'ok', output: `hello ${name}` })
      t.equal((await exchange(url, jsonRequest('/echo', { name }))).status, 500)
    },
  },
  {
    name: 'while requests for runs use all capacity, others are refused, and accepted afterwards',
    async run(t, adapter) {
      const { url, authority } = await remote(t, adapter, { requestBytesMax: 10_000 })
      const post = () => exchange(url, signedRun({ authority, body: runBytes('held', 'x'.repeat(6_000)) }))
      const holding = nextRunOf('held')
      const held = post()
      const release = await holding
      const refused = await post()
      t.equal(refused.status, 429)
      t.match(refused.headers['retry-after'], /^\d+$/)
      t.match(jsonOf(refused), { code: 'resource_exhausted' })
      release()
      t.equal((await held).status, 200)
      const again = nextRunOf('held')
      const taken = post()
      const releaseAgain = await again
      releaseAgain()
      t.equal((await taken).status, 200)
    },
  },
  {
    name: 'another method on the route of runs is answered with 405',
    async run(t, adapter) {
      const { url } = await remote(t, adapter)
      for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']) {
        const answer = await exchange(url, { method, path: RUN_PATH })
        t.equal(answer.status, 405, method)
        t.equal(answer.headers.allow, 'POST', method)
      }
    },
  },
  {
    name: 'a request is refused by its head, before its body is sent',
    async run(t, adapter) {
      const { url } = await remote(t, adapter)
      const answer = await new Promise<Answer>((resolve, reject) => {
        // Never ended: the answer must come without the body.
        const headers = { 'content-length': '16000001', 'content-type': 'application/proto' }
        const request = http.request(`${url}${RUN_PATH}`, { method: 'POST', headers })
        request.on('response', (response) => resolve(answerAndHangUp(request, response)))
        request.on('error', reject)
        request.flushHeaders()
      })
      t.equal(answer.status, 400)
      t.equal(answer.headers.connection, 'close')
      t.strictSame(jsonOf(answer), { code: 'invalid_argument', message: 'content length is too large' })
    },
  },
  {
    name: 'situation 2: a compressed body is verified over its bytes on the wire',
    async run(t, adapter) {
      const { url, authority } = await remote(t, adapter)
      const body = gzipSync(runBytes('greet', { name: 'Ada' }))
      const headers = { 'content-encoding': 'gzip' }
      for (const contentType of ['application/proto', 'application/octet-stream']) {
        const answer = await exchange(url, signedRun({ authority, body, headers, contentType }))
        t.strictSame(outputOf(answer), { status: 'ok', output: 'hello Ada' }, contentType)
      }
    },
  },
  {
    name: 'situation 3: mounted at depth 3, signatures cover the whole path and locations lead there',
    async run(t, adapter) {
      const mountPath = '/a/b/c'
      const { url, authority } = await remote(t, adapter, {}, mountPath)
      const body = runBytes('greet', { name: 'Ada' })
      const answer = await exchange(url, signedRun({ authority, body, path: `${mountPath}${RUN_PATH}` }))
      t.strictSame(outputOf(answer), { status: 'ok', output: 'hello Ada' })
      const wrong = { authority, body, path: `${mountPath}${RUN_PATH}`, signedPath: `/a/b${RUN_PATH}` }
      t.equal((await exchange(url, signedRun(wrong))).status, 403)
      const local = await embedded(t, adapter, {}, mountPath)
      const dispatched = await exchange(
        local.url,
        jsonRequest(`${mountPath}/calls-of/greet`, { name: 'Ada' }),
      )
      t.match(dispatched.headers.location, new RegExp(`^${mountPath}/dispatch/calls/`))
      t.match(await resultOf(local.url, dispatched), { status: 'ok', output: 'hello Ada' })
    },
  },
  {
    name: 'situation 4: behind a proxy that strips a prefix, signatures and locations use the public URL',
    async run(t, adapter) {
      const endpointUrl = 'https://public.example/svc'
      const { url } = await remote(t, adapter, { endpointUrl })
      const run = {
        body: runBytes('greet', { name: 'Ada' }),
        authority: 'public.example',
        signedPath: `/svc${RUN_PATH}`,
      }
      t.strictSame(outputOf(await exchange(url, signedRun(run))), { status: 'ok', output: 'hello Ada' })
      const local = await embedded(t, adapter, { endpointUrl })
      const answer = await exchange(local.url, jsonRequest('/calls-of/greet', { name: 'Ada' }))
      t.match(answer.headers.location, /^\/svc\/dispatch\/calls\//)
      const unaware = await remote(t, adapter)
      const headers = { 'x-forwarded-prefix': '/svc' }
      const refused = await exchange(
        unaware.url,
        signedRun({ ...run, authority: unaware.authority, headers }),
      )
      t.equal(refused.status, 403)
      t.match(jsonOf(refused), { code: 'permission_denied', message: /@path/ })
    },
  },
  {
    name: 'situation 5: behind a proxy that rewrites the Host, signatures use the public URL or option authority',
    async run(t, adapter) {
      const body = runBytes('greet', { name: 'Ada' })
      const signed = signedRun({ body, authority: 'public.example' })
      const asForwarded = (authority: string, headers = {}) => ({
        ...signed,
        headers: { ...signed.headers, host: authority, ...headers },
      })
      for (const options of [{ endpointUrl: 'https://public.example' }, { authority: 'public.example' }]) {
        const { url, authority } = await remote(t, adapter, options)
        t.equal((await exchange(url, asForwarded(authority))).status, 200)
      }
      const { url, authority } = await remote(t, adapter)
      const refused = await exchange(url, asForwarded(authority, { 'x-forwarded-host': 'public.example' }))
      t.equal(refused.status, 403)
      t.match(jsonOf(refused), { code: 'permission_denied', message: /@authority/ })
    },
  },
  {
    name: 'situation 15: a chunked body is refused when it exceeds the limit',
    async run(t, adapter) {
      const { url } = await remote(t, adapter)
      const answer = await new Promise<Answer>((resolve, reject) => {
        const headers = { 'content-type': 'application/proto', 'transfer-encoding': 'chunked' }
        const request = http.request(`${url}${RUN_PATH}`, { method: 'POST', headers })
        request.on('response', (response) => resolve(answerAndHangUp(request, response)))
        request.on('error', reject)
        // The request does not end.
        request.write(Buffer.alloc(16_000_001))
      })
      t.equal(answer.status, 400)
      t.equal(answer.headers.connection, 'close')
      t.strictSame(jsonOf(answer), { code: 'invalid_argument', message: 'content length is too large' })
    },
  },
  {
    name: 'situation 15: 100 MB are not kept in memory, whether the sender reads the refusal or the connection is closed',
    async run(t, adapter) {
      const { url, authority } = await remote(t, adapter)
      const chunk = Buffer.alloc(1_000_000)
      const chunks = Array.from({ length: 100 }, () => chunk)
      const bytesBefore = process.memoryUsage().rss
      const headers = { 'content-type': 'application/proto', 'transfer-encoding': 'chunked' }
      const request = { method: 'POST', path: RUN_PATH, headers, body: chunks }
      const ended = await exchange(url, request).then(
        ({ status }) => status,
        ({ code }) => code,
      )
      t.match(String(ended), /^(400|EPIPE|ECONNRESET)$/)
      t.ok(process.memoryUsage().rss - bytesBefore < 80_000_000, 'the body was not kept')
      const good = await exchange(url, signedRun({ authority, body: runBytes('greet', { name: 'Ada' }) }))
      t.equal(good.status, 200)
    },
  },
  {
    name: 'situation 18: forwarded Host header fields are ignored',
    async run(t, adapter) {
      const { url, authority } = await remote(t, adapter)
      const run = signedRun({ body: runBytes('greet', { name: 'Ada' }), authority: 'public.example' })
      const headers = { ...run.headers, host: authority, 'x-forwarded-host': 'public.example' }
      t.equal((await exchange(url, { ...run, headers })).status, 403)
    },
  },
  {
    name: 'a hundred hostile requests are refused, without any effect',
    async run(t, adapter) {
      const scheduler = createNoScheduler()
      let runCount = 0
      const victim = func('victim', async (text: string) => {
        runCount++
        return text
      })
      const options = {
        functions: [victim],
        scheduler,
        verificationKey: VERIFICATION_KEY,
        bodyBytesMax: 1_000_000,
        env: {},
      }
      const app = create(t, adapter, { dispatch: options })
      const url = await app.listen()
      const authority = new URL(url).host
      const requests = hostileRequests(authority)
      t.equal(requests.length, 100)
      for (const { name, request, want } of requests) {
        const answer = await exchange(url, request)
        t.equal(answer.status, want, name)
        t.match(jsonOf(answer), { code: String, message: /./ }, name)
      }
      t.equal(runCount, 0)
      const good = await exchange(url, signedRun({ authority, body: runBytes('victim', 'x') }))
      t.strictSame(outputOf(good), { status: 'ok', output: 'x' })
      t.strictSame(scheduler.requests, [])
    },
  },
]

async function answerAndHangUp(request: http.ClientRequest, response: http.IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  request.destroy()
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }
}

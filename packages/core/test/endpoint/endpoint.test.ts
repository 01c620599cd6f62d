import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync, gzipSync } from 'node:zlib'
import { anyPack, EmptySchema } from '@bufbuild/protobuf/wkt'
import { Dispatch, func, httpResponseValue, InvalidArgumentError, rawValue } from '@dispatch/core'
import {
  type Any,
  CoroutineStateSchema,
  create,
  RUN_PATH,
  RunRequestSchema,
} from '@dispatch/protocol/messages'
import { encodeValue } from '@dispatch/protocol/values'
import t, { type Test } from 'tap'
import { rawExchange } from '../helpers/raw-http.js'
import { inputOf, jsonOf, postRun, runOutputOf, runRequestBytes } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const greet = func('greet', async (name: string) => `hello ${name}`)
const nothing = func('nothing', async () => null)
const fail = func('fail', async () => {
  throw new InvalidArgumentError('the "name"\nis wrong')
})
const bad = func('bad', async () => () => 1)
const raw = func('raw', { input: rawValue }, async (any) => any.typeUrl)

const http503 = func('http503', async () => httpResponseValue({ status: 503, header: { 'X-A': 'b' } }))
const http404 = func('http404', async () => new Response('no such page', { status: 404 }))

function createDispatch(): Dispatch {
  return new Dispatch({
    functions: [greet, nothing, fail, bad, raw, http503, http404],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
  })
}

/** A server with the handler on a free port, closed at the end of the test. */
async function serve(t: Test, dispatch: Dispatch): Promise<number> {
  const server = http.createServer(dispatch.handler())
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const HELLO = runRequestBytes({ function: 'greet', directive: inputOf('World') })

t.test('E01 a request without a body is refused', async (t) => {
  const port = await serve(t, createDispatch())
  const answer = await rawExchange(port, `POST ${RUN_PATH} HTTP/1.1\r\nHost: x\r\n\r\n`)
  t.equal(answer.status, 400)
  t.strictSame(JSON.parse(answer.body), { code: 'invalid_argument', message: 'content length is required' })
})

t.test('E02 a body whose announced length is too large is refused before it is sent', async (t) => {
  const port = await serve(t, createDispatch())
  const head = `POST ${RUN_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 16000001\r\n\r\n`
  const answer = await rawExchange(port, head)
  t.equal(answer.status, 400)
  t.strictSame(JSON.parse(answer.body), { code: 'invalid_argument', message: 'content length is too large' })
  t.match(answer.head, 'connection: close')
})

t.test('E03 a body of exactly 16 000 000 bytes is not refused for its size', async (t) => {
  const frame = runRequestBytes({ function: 'greet', directive: inputOf('x'.repeat(15_900_000)) }).byteLength
  const input = 'x'.repeat(15_900_000 + 16_000_000 - frame)
  const body = runRequestBytes({ function: 'greet', directive: inputOf(input) })
  t.equal(body.byteLength, 16_000_000)
  const response = await postRun(createDispatch(), body)
  t.equal(response.status, 200)
  t.equal(runOutputOf(response).output, `hello ${input}`)
})

t.test('E04 a run of an unknown function is answered with 404', async (t) => {
  const body = runRequestBytes({ function: 'does-not-exist' })
  const response = await postRun(createDispatch(), body, { 'content-type': 'application/octet-stream' })
  t.equal(response.status, 404)
  t.strictSame(jsonOf(response), { code: 'not_found', message: "function 'does-not-exist' does not exist" })
})

t.test('E05 an empty function name is refused', async (t) => {
  const response = await postRun(createDispatch(), runRequestBytes({ function: '', directive: inputOf(1) }))
  t.equal(response.status, 400)
  t.strictSame(jsonOf(response), { code: 'invalid_argument', message: 'function is required' })
})

t.test('E06 a body that is not a RunRequest is refused', async (t) => {
  const response = await postRun(createDispatch(), Buffer.from('ffffff', 'hex'))
  t.equal(response.status, 400)
  t.match(jsonOf(response), { code: 'invalid_argument', message: /^unmarshal message: / })
})

t.test('E07 another method than POST is refused', async (t) => {
  const port = await serve(t, createDispatch())
  const answer = await rawExchange(port, `GET ${RUN_PATH} HTTP/1.1\r\nHost: x\r\n\r\n`)
  t.equal(answer.status, 405)
  t.match(answer.head, 'allow: post')
})

t.test('E08 another method below the service path is answered with 404', async (t) => {
  const port = await serve(t, createDispatch())
  const path = '/dispatch.sdk.v1.FunctionService/Walk'
  const answer = await rawExchange(port, `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx`)
  t.equal(answer.status, 404)
  t.match(JSON.parse(answer.body), { code: 'not_found' })
})

const contentTypes = [
  { name: 'E09 no content type', headers: {} },
  { name: 'E10 application/proto', headers: { 'content-type': 'application/proto' } },
  { name: 'application/x-protobuf', headers: { 'content-type': 'application/x-protobuf' } },
  { name: 'an unknown content type', headers: { 'content-type': 'text/plain; charset=utf-8' } },
]
for (const { name, headers } of contentTypes) {
  t.test(`${name} is binary and answered with application/proto`, async (t) => {
    const response = await postRun(createDispatch(), HELLO, headers)
    t.equal(response.status, 200)
    t.equal(response.headers['content-type'], 'application/proto')
    t.equal(runOutputOf(response).output, 'hello World')
  })
}

t.test('E11 JSON is answered with JSON', async (t) => {
  const body = Buffer.from(
    JSON.stringify({
      function: 'greet',
      input: { '@type': 'type.googleapis.com/google.protobuf.StringValue', value: 'World' },
    }),
  )
  const response = await postRun(createDispatch(), body, { 'content-type': 'application/json' })
  t.equal(response.status, 200)
  t.equal(response.headers['content-type'], 'application/json')
  t.match(jsonOf(response), { status: 'STATUS_OK', exit: { result: { output: { value: 'hello World' } } } })
})

const refusedHeads = [
  { name: 'E12 another Connect-Protocol-Version', headers: { 'connect-protocol-version': '2' } },
  { name: 'E13 a Connect-Timeout-Ms of 11 digits', headers: { 'connect-timeout-ms': '12345678901' } },
  { name: 'a Connect-Timeout-Ms that is not a number', headers: { 'connect-timeout-ms': '5s' } },
]
for (const { name, headers } of refusedHeads) {
  t.test(`${name} is refused`, async (t) => {
    const response = await postRun(createDispatch(), HELLO, headers)
    t.equal(response.status, 400)
    t.match(jsonOf(response), { code: 'invalid_argument' })
  })
}

t.test('E14 a chunked body is accepted', async (t) => {
  const port = await serve(t, createDispatch())
  const response = await fetch(`http://localhost:${port}${RUN_PATH}`, {
    method: 'POST',
    body: new ReadableStream({
      start(controller) {
        controller.enqueue(HELLO.subarray(0, 10))
        controller.enqueue(HELLO.subarray(10))
        controller.close()
      },
    }),
    duplex: 'half',
  } as RequestInit)
  t.equal(response.status, 200)
  const body = new Uint8Array(await response.arrayBuffer())
  t.equal(runOutputOf({ status: 200, headers: {}, body }).output, 'hello World')
})

const paths = [
  {
    name: 'with the path of the public URL, which no proxy has stripped',
    path: `/jobs${RUN_PATH}`,
    want: 200,
  },
  { name: 'without it', path: RUN_PATH, want: 200 },
  { name: 'as a whole URL', path: `http://x${RUN_PATH}`, want: 200 },
  { name: 'with a query', path: `${RUN_PATH}?a=b`, want: 200 },
  { name: 'with another prefix', path: `/other${RUN_PATH}`, want: 404 },
]
for (const { name, path, want } of paths) {
  t.test(`a run by its path ${name} is answered with ${want}`, async (t) => {
    const dispatch = new Dispatch({
      functions: [greet],
      scheduler: createSchedulerDouble(),
      endpointUrl: 'https://app.example.com/jobs',
      allowUnsigned: true,
      env: {},
    })
    const port = await serve(t, dispatch)
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${HELLO.byteLength}\r\n\r\n`
    const answer = await rawExchange(port, head + Buffer.from(HELLO).toString('latin1'))
    t.equal(answer.status, want)
  })
}

t.test('a chunked body is not read beyond the limit', async (t) => {
  const dispatch = new Dispatch({
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    bodyBytesMax: 100,
    env: {},
  })
  const port = await serve(t, dispatch)
  const chunk = `64\r\n${'x'.repeat(100)}\r\n`
  const head = `POST ${RUN_PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`
  const answer = await rawExchange(port, head + chunk + chunk)
  t.equal(answer.status, 400)
  t.match(JSON.parse(answer.body), { message: 'content length is too large' })
  t.match(answer.head, 'connection: close')
})

t.test('E15 a function answers with its output', async (t) => {
  const response = await postRun(createDispatch(), HELLO)
  t.match(runOutputOf(response), { status: 'ok', output: 'hello World', error: undefined })
})

t.test('E16 an output of undefined is read as null', async (t) => {
  const directive = {
    case: 'input' as const,
    value: anyPack(EmptySchema, { $typeName: 'google.protobuf.Empty' }),
  }
  const response = await postRun(createDispatch(), runRequestBytes({ function: 'nothing', directive }))
  const { status, output } = runOutputOf(response)
  t.equal(status, 'ok')
  t.equal(output ?? null, null)
})

t.test('E17 a thrown error is sent with its status, type, message and trace, without a value', async (t) => {
  const response = await postRun(
    createDispatch(),
    runRequestBytes({ function: 'fail', directive: inputOf(null) }),
  )
  t.equal(response.status, 200)
  const { status, error } = runOutputOf(response)
  t.equal(status, 'invalid_argument')
  t.equal(error?.type, 'InvalidArgumentError')
  t.equal(error?.message, 'the "name"\nis wrong')
  t.equal(error?.value.byteLength, 0)
  t.match(Buffer.from(error?.traceback ?? []).toString(), 'endpoint.test')
})

t.test('E18 a request without a directive ends with invalid_argument', async (t) => {
  const response = await postRun(createDispatch(), runRequestBytes({ function: 'greet' }))
  t.equal(response.status, 200)
  t.equal(runOutputOf(response).status, 'invalid_argument')
})

const unknownStates = [
  {
    name: 'E19 an unknown state',
    state: { case: 'typedCoroutineState' as const, value: encodeValue(new Uint8Array([1, 2])) as Any },
  },
  {
    name: 'E20 a state of the legacy form',
    state: { case: 'coroutineState' as const, value: new Uint8Array([1]) },
  },
  {
    name: 'a malformed state of the right type',
    state: {
      case: 'typedCoroutineState' as const,
      value: { ...(encodeValue(1) as Any), typeUrl: `type.googleapis.com/${CoroutineStateSchema.typeName}` },
    },
  },
]
for (const { name, state } of unknownStates) {
  t.test(`${name} ends with incompatible_state`, async (t) => {
    const directive = { case: 'pollResult' as const, value: { state } }
    const response = await postRun(createDispatch(), runRequestBytes({ function: 'greet', directive }))
    t.equal(response.status, 200)
    t.equal(runOutputOf(response).status, 'incompatible_state')
  })
}

t.test(
  'E21 an input of unknown type is passed to a function that accepts raw values, and to no other',
  async (t) => {
    const value = {
      $typeName: 'google.protobuf.Any',
      typeUrl: 'example.com/nobody.Knows',
      value: new Uint8Array([1]),
    } as const
    const directive = { case: 'input' as const, value }
    const dispatch = createDispatch()
    const taken = await postRun(dispatch, runRequestBytes({ function: 'raw', directive }))
    t.match(runOutputOf(taken), { status: 'ok', output: 'example.com/nobody.Knows' })
    const refused = await postRun(dispatch, runRequestBytes({ function: 'greet', directive }))
    t.equal(refused.status, 200)
    t.match(runOutputOf(refused), { status: 'invalid_argument', error: { message: /nobody\.Knows/ } })
  },
)

t.test('E22 a run that is sent twice runs twice', async (t) => {
  const dispatch = createDispatch()
  for (const response of [await postRun(dispatch, HELLO), await postRun(dispatch, HELLO)]) {
    t.equal(response.status, 200)
    t.equal(runOutputOf(response).output, 'hello World')
  }
})

t.test('E23 an error body is JSON, whatever its message contains', async (t) => {
  const name = 'a"b\nc'
  const response = await postRun(createDispatch(), runRequestBytes({ function: name }))
  t.strictSame(jsonOf(response), { code: 'not_found', message: `function '${name}' does not exist` })
})

t.test('E24 an answer is compressed only if the request accepts it', async (t) => {
  const dispatch = createDispatch()
  const body = runRequestBytes({ function: 'greet', directive: inputOf('x'.repeat(10_000)) })
  const plain = await postRun(dispatch, body)
  t.notOk(plain.headers['content-encoding'])
  const zipped = await postRun(dispatch, body, { 'accept-encoding': 'gzip' })
  t.equal(zipped.headers['content-encoding'], 'gzip')
  t.strictSame(gunzipSync(zipped.body), Buffer.from(plain.body))
})

t.test('a compressed body is read', async (t) => {
  const response = await postRun(createDispatch(), gzipSync(HELLO), { 'content-encoding': 'gzip' })
  t.equal(runOutputOf(response).output, 'hello World')
})

const httpOutputs = [
  {
    name: 'E25 an HTTP response of 503 ends with temporary, and is the output',
    fn: http503,
    want: { status: 'temporary', output: { status_code: 503, header: { 'X-A': ['b'] } }, error: undefined },
  },
  {
    name: 'E26 a fetch response of 404 ends with not_found, and is the output',
    fn: http404,
    want: { status: 'not_found', output: { status_code: 404, body: btoa('no such page') }, error: undefined },
  },
]
for (const { name, fn, want } of httpOutputs) {
  t.test(name, async (t) => {
    const body = runRequestBytes({ function: fn.name, directive: inputOf(null) })
    t.match(runOutputOf(await postRun(createDispatch(), body)), want)
  })
}

t.test('E27 an output that cannot be carried ends with invalid_response', async (t) => {
  const response = await postRun(
    createDispatch(),
    runRequestBytes({ function: 'bad', directive: inputOf(null) }),
  )
  t.match(runOutputOf(response), { status: 'invalid_response', error: { message: /^output: / } })
})

t.test('the in-process endpoint reports an unknown function as a failure of the function', async (t) => {
  const { endpoint } = createDispatch()
  const request = create(RunRequestSchema, { function: 'nobody' })
  const outcome = await endpoint.run(request, new AbortController().signal)
  t.strictSame(outcome, {
    kind: 'failure',
    source: 'function',
    status: 'not_found',
    message: "function 'nobody' does not exist",
  })
})

t.test('the in-process endpoint runs a function', async (t) => {
  const { endpoint } = createDispatch()
  const request = create(RunRequestSchema, { function: 'greet', dispatchId: '1' })
  request.directive = inputOf('you')
  const outcome = await endpoint.run(request, new AbortController().signal)
  t.match(outcome, { kind: 'response', response: { status: 1 } })
})

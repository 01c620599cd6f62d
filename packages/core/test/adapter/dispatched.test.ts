import { Dispatch, func, rawValue } from '@dispatch/core'
import { callReply, dispatchedReply } from '@dispatch/core/adapter'
import { codeOfStatus, type Status } from '@dispatch/protocol'
import { AnySchema, CallResultSchema, CallState, create, WireErrorSchema } from '@dispatch/protocol/messages'
import { encodeValue } from '@dispatch/protocol/values'
import t from 'tap'
import { jsonOf } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const fn = func('fn', async (value: unknown) => value)

async function dispatchOne(result?: { status: Status; output?: unknown; message?: string }) {
  const scheduler = createSchedulerDouble()
  const dispatch = new Dispatch({ functions: [fn], scheduler, env: {} })
  const handle = await dispatch.dispatch(fn, null)
  if (result !== undefined) {
    scheduler.settle(handle.id, {
      state: CallState.DONE,
      status: codeOfStatus(result.status),
      result: create(CallResultSchema, {
        ...(result.output === undefined ? {} : { output: encodeValue(result.output) as never }),
        ...(result.message === undefined
          ? {}
          : { error: create(WireErrorSchema, { type: 'E', message: result.message }) }),
      }),
    })
  }
  return { dispatch, handle, scheduler }
}

t.test('without a wait the answer is 202 with the location of the call', async (t) => {
  const { handle } = await dispatchOne({ status: 'ok', output: 5 })
  const reply = await dispatchedReply(handle, { url: '/checkout' })
  t.equal(reply.status, 202)
  t.match(reply.headers, {
    location: '/dispatch/calls/call-1',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(reply.body.byteLength),
    'cache-control': 'no-store',
  })
  t.strictSame(jsonOf(reply), { id: 'call-1', state: 'pending' })
})

t.test('the location is below callsPath', async (t) => {
  const { handle } = await dispatchOne()
  const reply = await dispatchedReply(handle, { url: '/', callsPath: '/jobs' })
  t.equal(reply.headers.location, '/jobs/call-1')
})

const waits = [
  { name: '?wait=3s', url: '/x?a=b&wait=3s' },
  { name: '?wait=3', url: '/x?wait=3' },
  { name: 'Prefer: wait=3', url: '/x', prefer: 'wait=3' },
  { name: 'Prefer: respond-async, wait=3', url: '/x', prefer: 'respond-async, wait=3' },
]
for (const { name, url, prefer } of waits) {
  t.test(`with ${name} the answer has the output`, async (t) => {
    const { handle } = await dispatchOne({ status: 'ok', output: { receipt: 'r' } })
    const reply = await dispatchedReply(handle, { url, prefer })
    t.equal(reply.status, 200)
    t.strictSame(jsonOf(reply), { id: 'call-1', state: 'done', status: 'ok', output: { receipt: 'r' } })
  })
}

const noWaits = [
  { name: '?wait=soon', url: '/x?wait=soon' },
  { name: '?wait=', url: '/x?wait=' },
  { name: 'Prefer: wait=-1', url: '/x', prefer: 'wait=-1' },
  { name: 'Prefer: await=3', url: '/x', prefer: 'await=3' },
  { name: 'wait=3 in the path', url: '/wait=3' },
]
for (const { name, url, prefer } of noWaits) {
  t.test(`${name} does not wait`, async (t) => {
    const { handle } = await dispatchOne({ status: 'ok', output: 5 })
    t.equal((await dispatchedReply(handle, { url, prefer })).status, 202)
  })
}

t.test('the answer to a wait for a call that failed has its status and error', async (t) => {
  const { handle } = await dispatchOne({ status: 'throttled', output: 7, message: 'too fast' })
  const reply = await dispatchedReply(handle, { url: '/?wait=3s' })
  t.equal(reply.status, 200)
  t.strictSame(jsonOf(reply), {
    id: 'call-1',
    state: 'done',
    status: 'throttled',
    error: { type: 'E', message: 'too fast' },
    output: 7,
  })
})

t.test('a call that is not done in time is answered with 202', async (t) => {
  const { handle } = await dispatchOne()
  const reply = await dispatchedReply(handle, { url: '/?wait=0.001s' })
  t.equal(reply.status, 202)
})

t.test('a request for a call is answered with its state, or with 404', async (t) => {
  const { dispatch, scheduler } = await dispatchOne()
  scheduler.settle('call-1', { state: CallState.RUNNING, attempt: 2 })
  const running = await callReply(dispatch, 'call-1', { url: '/' })
  t.equal(running.status, 202)
  t.strictSame(jsonOf(running), { id: 'call-1', state: 'running', attempt: 2 })
  const missing = await callReply(dispatch, 'nobody', { url: '/' })
  t.equal(missing.status, 404)
  t.match(jsonOf(missing), { code: 'not_found', message: /^there is no call nobody/ })
})

t.test('a call that ended with not_found is answered with 200', async (t) => {
  const { dispatch } = await dispatchOne({ status: 'not_found', message: 'no such page' })
  const reply = await callReply(dispatch, 'call-1', { url: '/' })
  t.equal(reply.status, 200)
  t.match(jsonOf(reply), { state: 'done', status: 'not_found', error: { message: 'no such page' } })
})

t.test('an output of an unknown type is decoded by its function, and shown as its bytes', async (t) => {
  const raw = func('raw', { output: rawValue }, async () => create(AnySchema))
  const scheduler = createSchedulerDouble()
  const dispatch = new Dispatch({ functions: [raw], scheduler, env: {} })
  const output = create(AnySchema, { typeUrl: 'type.googleapis.com/my.Msg', value: new Uint8Array([1]) })
  const handle = await dispatch.dispatch(raw)
  const change = { state: CallState.DONE, status: codeOfStatus('ok') }
  scheduler.settle(handle.id, { ...change, result: create(CallResultSchema, { output }) })
  t.match(await handle.result(), { typeUrl: output.typeUrl, value: output.value })
  const body = {
    id: handle.id,
    state: 'done',
    status: 'ok',
    output: { type: 'type.googleapis.com/my.Msg', base64: 'AQ==' },
  }
  for (const reply of [
    await dispatchedReply(handle, { url: '/?wait=1s' }),
    await callReply(dispatch, handle.id, { url: '/' }),
  ]) {
    t.equal(reply.status, 200)
    t.strictSame(jsonOf(reply), body)
  }
  const error = create(WireErrorSchema, { type: 'E', message: 'no' })
  scheduler.settle(handle.id, {
    status: codeOfStatus('permanent'),
    result: create(CallResultSchema, { output, error }),
  })
  t.match(jsonOf(await callReply(dispatch, handle.id, { url: '/' })), {
    error: { type: 'E' },
    output: body.output,
  })
})

const outputs = [
  { name: 'nothing', output: undefined, want: null },
  { name: 'bigint', output: 2n ** 63n - 1n, want: '9223372036854775807' },
  { name: 'bytes', output: new Uint8Array([1, 2, 3]), want: 'AQID' },
  { name: 'a date', output: new Date(0), want: '1970-01-01T00:00:00.000Z' },
  { name: 'a map', output: new Map([['a', 1n]]), want: { a: 1 } },
  { name: 'a map of other keys', output: new Map([[1, new Set(['x'])]]), want: [[1, ['x']]] },
  { name: 'a number that is not in JSON', output: Number.NaN, want: null },
  {
    name: 'several of them, nested',
    output: { a: [new Date(0), 5n] },
    want: { a: ['1970-01-01T00:00:00.000Z', 5] },
  },
]
for (const { name, output, want } of outputs) {
  t.test(`an output can be shown as JSON: ${name}`, async (t) => {
    const { handle } = await dispatchOne({ status: 'ok', output })
    t.strictSame(jsonOf(await dispatchedReply(handle, { url: '/?wait=1s' })), {
      id: 'call-1',
      state: 'done',
      status: 'ok',
      output: want,
    })
  })
}

import { getEventListeners } from 'node:events'
import { Dispatch, func } from '@dispatch/core'
import { codeOfStatus, DispatchError, type Status } from '@dispatch/protocol'
import {
  CallResultSchema,
  CallState,
  create,
  timestampFromMs,
  WireErrorSchema,
} from '@dispatch/protocol/messages'
import { encodeValue } from '@dispatch/protocol/values'
import t from 'tap'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const greet = func('greet', async (name: string) => `hello ${name}`)

/** The handle of a pending call. */
async function dispatchOne() {
  const scheduler = createSchedulerDouble()
  const dispatch = new Dispatch({ functions: [greet], scheduler, env: {} })
  const handle = await dispatch.dispatch(greet, 'you')
  return { dispatch, handle, scheduler }
}

/** The changes of a call that ends. */
function done(
  status: Status,
  result: { output?: unknown; error?: { type: string; message: string; traceback?: Uint8Array } },
) {
  const message = create(CallResultSchema, { dispatchId: 'call-1' })
  if ('output' in result) message.output = encodeValue(result.output) as NonNullable<typeof message.output>
  if (result.error !== undefined) message.error = create(WireErrorSchema, result.error)
  return { state: CallState.DONE, status: codeOfStatus(status), result: message }
}

t.test('a handle has the id that the scheduler returned', async (t) => {
  t.equal((await dispatchOne()).handle.id, 'call-1')
})

t.test('the result of a call that is done is its output', async (t) => {
  const { handle, scheduler } = await dispatchOne()
  scheduler.settle('call-1', done('ok', { output: { a: [1, 'b', null] } }))
  t.strictSame(await handle.result(), { a: [1, 'b', null] })
})

t.test('the result of a call without output is null', async (t) => {
  const { handle, scheduler } = await dispatchOne()
  scheduler.settle('call-1', done('ok', {}))
  t.equal(await handle.result(), null)
})

t.test('result() waits until the call is done, through all other states', async (t) => {
  const { handle, scheduler } = await dispatchOne()
  const result = handle.result()
  scheduler.settle('call-1', { state: CallState.RUNNING, attempt: 2 })
  scheduler.settle('call-1', done('ok', { output: 5 }))
  t.equal(await result, 5)
})

t.test(
  'result() retries at a scheduler with too many waiters after its Retry-After, until the timeout',
  async (t) => {
    const { handle, scheduler } = await dispatchOne()
    const { wait } = scheduler
    let refusals = 3
    scheduler.wait = async (id, timeoutMs, signal) => {
      if (refusals-- > 0) throw new DispatchError('throttled', 'full', { retryAfterMs: 2 })
      return wait(id, timeoutMs, signal)
    }
    const result = handle.result()
    scheduler.settle('call-1', done('ok', { output: 5 }))
    t.equal(await result, 5)
    t.equal(refusals, -1)
    refusals = Number.POSITIVE_INFINITY
    await t.rejects(handle.result({ timeout: 20 }), { message: 'full', status: 'throttled', retryAfterMs: 2 })
  },
)

t.test('a failed call rejects with its status, id, output and error', async (t) => {
  const { handle, scheduler } = await dispatchOne()
  const error = {
    type: 'CardDeclined',
    message: 'no funds',
    traceback: Buffer.from('CardDeclined: no funds\n  at pay'),
  }
  scheduler.settle('call-1', done('permanent', { output: { left: 3 }, error }))
  await t.rejects(handle.result(), {
    name: 'CardDeclined',
    message: 'no funds',
    status: 'permanent',
    dispatchId: 'call-1',
    output: { left: 3 },
    remoteStack: /at pay/,
  })
})

const silentFailures = [
  {
    name: 'a status without an error',
    change: done('timeout', {}),
    want: { status: 'timeout', message: 'call of greet ended with timeout' },
  },
  {
    name: 'an error with the status ok',
    change: done('ok', { error: { type: 'E', message: 'odd' } }),
    want: { status: 'permanent', message: 'odd' },
  },
]
for (const { name, change, want } of silentFailures) {
  t.test(`${name} rejects`, async (t) => {
    const { handle, scheduler } = await dispatchOne()
    scheduler.settle('call-1', change)
    await t.rejects(handle.result(), want)
  })
}

t.test('a call that does not exist is not_found', async (t) => {
  const { dispatch } = await dispatchOne()
  const handle = dispatch.call('nobody')
  const want = { status: 'not_found', message: /^there is no call nobody: / }
  await t.rejects(handle.result(), want)
  await t.rejects(handle.status(), want)
  await t.rejects(handle.cancel(), want)
})

t.test(
  'result() with a timeout rejects with timeout, and the message says that the call continues',
  async (t) => {
    const { handle } = await dispatchOne()
    await t.rejects(handle.result({ timeout: 0 }), {
      status: 'timeout',
      message: 'call call-1 is not done after 0 ms; it continues',
    })
  },
)

t.test('waits with one signal share one listener', async (t) => {
  const { handle, scheduler } = await dispatchOne()
  const { signal } = new AbortController()
  const results = Array.from({ length: 30 }, () => handle.result({ signal }))
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(getEventListeners(signal, 'abort').length, 1)
  scheduler.settle('call-1', done('ok', { output: 1 }))
  await Promise.all(results)
  t.equal(getEventListeners(signal, 'abort').length, 0)
  const aborter = new AbortController()
  const waits = Array.from({ length: 30 }, () => dispatchOne().then((one) => one.handle.result(aborter)))
  await new Promise((resolve) => setTimeout(resolve, 10))
  aborter.abort(new Error('enough'))
  for (const wait of waits) await t.rejects(wait, { message: 'enough' })
  t.equal(getEventListeners(aborter.signal, 'abort').length, 0)
})

t.test('result() ends when its signal aborts', async (t) => {
  const { handle } = await dispatchOne()
  await t.rejects(handle.result({ signal: AbortSignal.abort(new Error('before')) }), { message: 'before' })
  const aborter = new AbortController()
  const result = handle.result({ signal: aborter.signal })
  aborter.abort(new Error('meanwhile'))
  await t.rejects(result, { message: 'meanwhile' })
})

t.test('invalid options are refused', async (t) => {
  const { handle } = await dispatchOne()
  await t.rejects(handle.result({ timeout: 'soon' }), {
    name: 'TypeError',
    message: /^result\(options\)\.timeout: expected a duration/,
  })
  await t.rejects(handle.result(5 as never), {
    name: 'TypeError',
    message: /^result\(options\): expected an object, got 5/,
  })
})

const states = [
  { state: CallState.SCHEDULED, want: 'scheduled' },
  { state: CallState.PENDING, want: 'pending' },
  { state: CallState.RUNNING, want: 'running' },
  { state: CallState.SUSPENDED, want: 'suspended' },
  { state: CallState.DONE, want: 'done' },
]
for (const { state, want } of states) {
  t.test(`status() has the state ${want}`, async (t) => {
    const { handle, scheduler } = await dispatchOne()
    scheduler.settle('call-1', { state })
    t.equal((await handle.status()).state, want)
  })
}

t.test('status() has all that the scheduler reports', async (t) => {
  const { handle, scheduler } = await dispatchOne()
  t.strictSame(await handle.status(), { id: 'call-1', state: 'pending', attempt: 0, function: 'greet' })
  scheduler.settle('call-1', {
    state: CallState.SCHEDULED,
    status: codeOfStatus('throttled'),
    attempt: 3,
    creationTime: timestampFromMs(1000),
    expirationTime: timestampFromMs(2000),
    dueTime: timestampFromMs(1500),
    finishTime: timestampFromMs(1700),
  })
  const want = {
    id: 'call-1',
    state: 'scheduled',
    status: 'throttled',
    attempt: 3,
    function: 'greet',
    createdAt: new Date(1000),
    expiresAt: new Date(2000),
    dueAt: new Date(1500),
    finishedAt: new Date(1700),
  }
  t.strictSame(await handle.status(), want)
  t.strictSame(await handle.cancel(), want)
})

t.test('call() requires an id', async (t) => {
  const { dispatch } = await dispatchOne()
  t.throws(() => dispatch.call(''), { name: 'TypeError', message: /^call\(id\): / })
})

import { Dispatch, func, rawValue } from '@dispatch/core'
import { codeOfStatus, DispatchError, type Scheduler } from '@dispatch/protocol'
import {
  type Any,
  CallResultSchema,
  CallSchema,
  CallState,
  create,
  RunRequestSchema,
} from '@dispatch/protocol/messages'
import { encodeValue } from '@dispatch/protocol/values'
import t from 'tap'
import { inputOf, postRun, runOutputOf, runRequestBytes } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const identity = func('identity', async (value: unknown) => value)

t.test('E28 a registration with two functions of one name is refused as a whole', async (t) => {
  const [one, two, other] = ['same', 'same', 'other'].map((name) => func(name, async () => name))
  const scheduler = createSchedulerDouble()
  const dispatch = new Dispatch({ scheduler, env: {} })
  t.throws(() => dispatch.register(other as never, one as never, two as never), {
    name: 'TypeError',
    message: "functions[2]: expected a name of its own, got 'same' for a second function; rename one of them",
  })
  t.throws(() => new Dispatch({ functions: [one, one] as never, scheduler, env: {} }), TypeError)
  await t.rejects((other as typeof identity).dispatch(1), /not registered/)
  dispatch.register(one as never)
  t.throws(() => dispatch.register(two as never), TypeError)
})

t.test(
  'a dispatch inside a function has an id that follows from its place, and is recorded once',
  async (t) => {
    const scheduler = createSchedulerDouble()
    const parent = func('parent', async () => {
      const handles = await Promise.all([identity.dispatch(1), identity.dispatch(2)])
      return handles.map((handle) => handle.id)
    })
    const dispatch = new Dispatch({ functions: [parent, identity], scheduler, allowUnsigned: true, env: {} })
    const body = runRequestBytes({ function: 'parent', dispatchId: 'p', directive: inputOf(null) })
    const [first, second] = [
      runOutputOf(await postRun(dispatch, body)),
      runOutputOf(await postRun(dispatch, body)),
    ]
    t.equal(first.status, 'ok')
    t.equal((first.output as string[]).length, 2)
    t.strictSame(second.output, first.output)
  },
)

t.test('the rejection of a dispatch that a handler dropped is not an unhandled rejection', async (t) => {
  const unhandled: unknown[] = []
  const listen = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', listen)
  t.teardown(() => process.off('unhandledRejection', listen))
  const parent = func('parent', async () => {
    void identity.dispatch(1)
    void identity.dispatch(() => 1)
    void dispatch.dispatch(identity, 2)
    void dispatch.dispatchBatch([identity.buildCall(3)])
    const handle = dispatch.call('no call')
    void handle.result()
    void handle.status()
    void handle.cancel()
    setImmediate(() => void identity.dispatch(4))
    return 'done'
  })
  const scheduler: Scheduler = {
    ...createSchedulerDouble(),
    dispatch: () => Promise.reject(new DispatchError('throttled', 'full')),
  }
  const dispatch = new Dispatch({ functions: [parent, identity], scheduler, allowUnsigned: true, env: {} })
  await postRun(dispatch, runRequestBytes({ function: 'parent', directive: inputOf(null) }))
  for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve))
  t.strictSame(unhandled, [])
  await t.rejects(identity.dispatch(1), { name: 'ThrottledError', message: 'full' })
})

t.test('C05 a batch is one request, and an empty batch sends none', async (t) => {
  const scheduler = createSchedulerDouble()
  const dispatch = new Dispatch({ functions: [identity], scheduler, env: {} })
  const handles = await dispatch.dispatchBatch([identity.buildCall(1), identity.buildCall(2)])
  t.strictSame(
    handles.map(({ id }) => id),
    ['call-1', 'call-2'],
  )
  t.equal(scheduler.requests.length, 1)
  t.strictSame(await dispatch.dispatchBatch([]), [])
  t.equal(scheduler.requests.length, 1)
})

t.test('the handles of a batch decode what their functions return', async (t) => {
  const scheduler = createSchedulerDouble()
  const raw = func('raw', { output: rawValue }, async () => encodeValue(1) as Any)
  const dispatch = new Dispatch({ functions: [identity, raw], scheduler, env: {} })
  const [plain, undecoded] = await dispatch.dispatchBatch([identity.buildCall(1), raw.buildCall()])
  const output = encodeValue('x') as Any
  for (const { id } of [plain, undecoded]) {
    const result = create(CallResultSchema, { output })
    scheduler.settle(id, { state: CallState.DONE, status: codeOfStatus('ok'), result })
  }
  t.equal(await plain.result(), 'x')
  t.match(await undecoded.result(), { typeUrl: output.typeUrl })
  t.match(await raw.call(undecoded.id).result(), { typeUrl: output.typeUrl })
  t.match(await dispatch.call(raw, undecoded.id).result(), { typeUrl: output.typeUrl })
  t.equal(await dispatch.call(undecoded.id).result(), 'x')
})

t.test('fn.call uses the Dispatch that the function is registered with', async (t) => {
  const lonely = func('lonely', async () => 1)
  t.throws(() => lonely.call('x'), { name: 'TypeError', message: /^lonely\.call\(\): .*not registered/ })
  const scheduler = createSchedulerDouble()
  new Dispatch({ functions: [lonely], scheduler, env: {} })
  const { id } = await lonely.dispatch()
  t.match(await lonely.call(id).status(), { id, function: 'lonely', state: 'pending' })
})

const large = 'x'.repeat(17_000_000)

t.test('an input larger than a request may be is refused with any scheduler', async (t) => {
  const scheduler = createSchedulerDouble()
  const dispatch = new Dispatch({ functions: [identity], scheduler, env: {} })
  const want = {
    name: 'InvalidArgumentError',
    message:
      'identity: input: expected at most 16000000 bytes, got 17000005; store large data elsewhere and pass a reference to it',
  }
  await t.rejects(identity.dispatch(large), want)
  await t.rejects(dispatch.dispatch(identity, large), want)
  t.throws(() => identity.buildCall(large), want)
  const parent = func('parent', async () => {
    const errors = await Promise.all([
      identity.await(large).catch((error: unknown) => error),
      identity.gather([1, large]).catch((error: unknown) => error),
    ])
    return errors.map(String)
  })
  const body = runRequestBytes({ function: 'parent', directive: inputOf(null) })
  const second = new Dispatch({ functions: [parent, identity], scheduler, allowUnsigned: true, env: {} })
  const { output } = runOutputOf(await postRun(second, body))
  t.strictSame(output, [`${want.name}: ${want.message}`, `${want.name}: ${want.message}`])
  t.equal(scheduler.requests.length, 0)
})

t.test(
  'a batch larger than a request may be is refused with any scheduler, and none of it is recorded',
  async (t) => {
    const scheduler = createSchedulerDouble()
    const dispatch = new Dispatch({ functions: [identity], scheduler, env: {} })
    const half = 'x'.repeat(8_500_000)
    const calls = [identity.buildCall(half), identity.buildCall(half)]
    await t.rejects(dispatch.dispatchBatch(calls), {
      name: 'InvalidArgumentError',
      message:
        /^dispatch: expected at most 16000000 bytes in one request, got 17000\d{3} for 2 calls; dispatch fewer at once/,
    })
    t.equal(scheduler.requests.length, 0)
    await dispatch.dispatchBatch([identity.buildCall(half)])
    t.equal(scheduler.requests.length, 1)
  },
)

t.test('a larger bodyBytesMax allows larger inputs', async (t) => {
  const scheduler = createSchedulerDouble()
  const fn = func('fn', async (value: string) => value.length)
  const dispatch = new Dispatch({ functions: [fn], scheduler, bodyBytesMax: 20_000_000, env: {} })
  await dispatch.dispatch(fn, large)
  t.equal(scheduler.requests.length, 1)
})

t.test('a call of a batch that names an endpoint runs there', async (t) => {
  const scheduler = createSchedulerDouble()
  const dispatch = new Dispatch({ scheduler, env: {} })
  await dispatch.dispatchBatch([create(CallSchema, { endpoint: 'https://python.example', function: 'f' })])
  t.equal(scheduler.requests[0]?.[0]?.endpoint, 'https://python.example')
})

t.test('a function that is registered twice dispatches through the last Dispatch that is open', async (t) => {
  const [one, two] = [createSchedulerDouble(), createSchedulerDouble()]
  const first = new Dispatch({ functions: [identity], scheduler: one, env: {} })
  const second = new Dispatch({ functions: [identity], scheduler: two, env: {} })
  await identity.dispatch(1)
  t.strictSame([one.requests.length, two.requests.length], [0, 1])
  await first.dispatch(identity, 1)
  t.strictSame([one.requests.length, two.requests.length], [1, 1])
  await second.close()
  await identity.dispatch(1)
  t.strictSame([one.requests.length, two.requests.length], [2, 1])
})

t.test('a dispatch after close rejects because the Dispatch is closed', async (t) => {
  const lonely = func('lonely', async () => 1)
  const options = { functions: [lonely], scheduler: createSchedulerDouble(), env: {} }
  const dispatch = new Dispatch(options)
  await dispatch.close()
  const want = { name: 'TemporaryError', message: 'this Dispatch is closed and accepts no more calls' }
  await t.rejects(lonely.dispatch(), want)
  await t.rejects(dispatch.dispatch(lonely), want)
  new Dispatch(options)
  await t.resolves(lonely.dispatch())
})

t.test(
  'a function dispatches through the Dispatch that runs it, not through the last it is registered with',
  async (t) => {
    const [one, two] = [createSchedulerDouble(), createSchedulerDouble()]
    const parent = func('parent', async () => (await (await identity.dispatch(1)).status()).function)
    const options = { functions: [parent, identity], allowUnsigned: true, env: {} }
    const first = new Dispatch({ ...options, scheduler: one })
    const second = new Dispatch({ ...options, scheduler: two })
    const body = runRequestBytes({ function: 'parent', directive: inputOf(null) })
    t.match(runOutputOf(await postRun(first, body)), { status: 'ok', output: 'identity' })
    t.strictSame([one.requests.length, two.requests.length], [1, 0])
    await second.close()
  },
)

t.test('a handler may add any number of listeners to its signal', async (t) => {
  const warnings: Error[] = []
  const note = (warning: Error) => warnings.push(warning)
  process.on('warning', note)
  t.teardown(() => process.off('warning', note))
  const listens = func('listens', async (_input: null, { signal }) => {
    for (let listeners = 0; listeners < 30; listeners++) signal.addEventListener('abort', () => undefined)
  })
  const dispatch = new Dispatch({
    functions: [listens],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
  })
  await postRun(dispatch, runRequestBytes({ function: 'listens', directive: inputOf(null) }))
  await new Promise((resolve) => setImmediate(resolve))
  t.strictSame(warnings, [])
})

t.test('close aborts the signals of suspended handlers', async (t) => {
  let signal: AbortSignal | undefined
  const waits = func('waits', async (_input: null, call) => {
    signal = call.signal
    await call.sleep('1h')
  })
  const dispatch = new Dispatch({ functions: [waits], scheduler: createSchedulerDouble(), env: {} })
  const request = create(RunRequestSchema, {
    function: 'waits',
    dispatchId: 'w',
    directive: inputOf(null) as never,
  })
  t.match(await dispatch.endpoint.run(request, new AbortController().signal), { kind: 'response' })
  t.equal(signal?.aborted, false)
  await dispatch.close()
  t.equal(signal?.aborted, true)
})

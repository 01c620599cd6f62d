import { Dispatch, func } from '@dispatch/core'
import { DispatchError, type Scheduler } from '@dispatch/protocol'
import { CallSchema, create, RunRequestSchema } from '@dispatch/protocol/messages'
import t from 'tap'
import { inputOf, postRun, runOutputOf, runRequestBytes } from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

const identity = func('identity', async (value: unknown) => value)

t.test('E28 two functions of one name cannot be registered, and then none is', async (t) => {
  const [one, two, other] = ['same', 'same', 'other'].map((name) => func(name, async () => name))
  const scheduler = createSchedulerDouble()
  const dispatch = new Dispatch({ scheduler, env: {} })
  t.throws(() => dispatch.register(other as never, one as never, two as never), {
    name: 'TypeError',
    message: "functions[2]: there is a function 'same' already; give one of them another name",
  })
  t.throws(() => new Dispatch({ functions: [one, one] as never, scheduler, env: {} }), TypeError)
  await t.rejects((other as typeof identity).dispatch(1), /not registered/)
  dispatch.register(one as never)
  t.throws(() => dispatch.register(two as never), TypeError)
})

t.test(
  'a dispatch inside a function has an id that follows from its place, so that it is recorded once',
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

t.test('what a handler dispatches and drops never ends the process, though it is refused', async (t) => {
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

t.test('C05 a batch is one request, and an empty one is none', async (t) => {
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

t.test('a call of a batch that names an endpoint runs there', async (t) => {
  const scheduler = createSchedulerDouble()
  const dispatch = new Dispatch({ scheduler, env: {} })
  await dispatch.dispatchBatch([create(CallSchema, { endpoint: 'https://python.example', function: 'f' })])
  t.equal(scheduler.requests[0]?.[0]?.endpoint, 'https://python.example')
})

t.test('a function that is registered twice dispatches by the last that is open', async (t) => {
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

t.test('who dispatches after closing is told that it is closed', async (t) => {
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
  'what a function dispatches belongs to the Dispatch that runs it, not to the last it is registered with',
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

t.test('a handler may listen to its signal as often as it likes', async (t) => {
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

t.test('closing aborts the signals of handlers that are suspended', async (t) => {
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

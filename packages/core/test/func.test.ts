import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import { type AnyDispatchFunction, type Call, Dispatch, type DispatchError, func } from '@dispatch/core'
import {
  type CallResultSchema,
  CallSchema,
  decodeValue,
  encodePythonArguments,
  encodeValue,
  type RunRequest,
  RunRequestSchema,
} from '@dispatch/protocol'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { z } from 'zod'
import { inputOf, postRun, runOutputOf, runRequestBytes, runResponseOf } from './run-requests.js'
import { createSchedulerDouble } from './scheduler-double.js'

const identity = func('identity', async (value: unknown) => value)

t.test('C06 a call can be built before registration; its endpoint is empty', async (t) => {
  const call = identity.buildCall('x')
  t.equal(call.endpoint, '')
  t.equal(call.function, 'identity')
  t.equal(decodeValue(call.input), 'x')
})

t.test('C09 expiration and version of a call', async (t) => {
  const function1 = func('function1', { input: Type.Integer() }, async (n) => n)
  const call = function1.buildCall(11, { expiration: '10s', version: 'xyzzy' })
  const addressed: Call = { ...call, endpoint: 'http://example.com', correlationId: (1n << 32n) + 2n }
  t.equal(
    Buffer.from(toBinary(CallSchema, addressed)).toString('hex'),
    '0882808080101212687474703a2f2f6578616d706c652e636f6d1a0966756e6374696f6e3122340a2e747970652e676f6f676c6561706973' +
      '2e636f6d2f676f6f676c652e70726f746f6275662e496e74363456616c75651202080b2a02080a320578797a7a79',
  )
})

t.test('what a function says of all of its calls', async (t) => {
  const options = { expiration: '1h', attemptsMax: 3, giveUpAfter: 1500, concurrencyMax: 7 } as const
  const fn = func('limited', options, async () => null)
  t.match(fn.buildCall(undefined, { delay: '90s' }), {
    expiration: { seconds: 3600n },
    attemptsMax: 3,
    giveUpAfter: { seconds: 1n, nanos: 500_000_000 },
    concurrencyMax: 7,
    delay: { seconds: 90n },
  })
  t.match(fn.buildCall(undefined, { expiration: 1000 }), { expiration: { seconds: 1n } })
})

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

const badNames = ['double-repeat', '', '1st', 'a b', 'a/b', 'é', 'x'.repeat(513), 5, undefined]
for (const name of badNames) {
  t.test(`E29 the name ${String(name).slice(0, 20)} is refused`, async (t) => {
    t.throws(() => func(name as string, async () => 1), {
      name: 'TypeError',
      message: /^func\(name\): wanted /,
    })
  })
}
t.test('names of other languages are good', async (t) => {
  for (const name of ['outer.<locals>.inner', '_x', 'a.b.c', 'x'.repeat(512)])
    t.equal(func(name, async () => 1).name, name)
})

const badOptions: readonly { name: string; make: () => unknown; want: RegExp }[] = [
  {
    name: 'no handler',
    make: () => func('f', undefined as never),
    want: /^func\('f'\): wanted a handler.*got undefined/,
  },
  {
    name: 'a handler that is none',
    make: () => func('f', {}, {} as never),
    want: /^func\('f'\): wanted a handler/,
  },
  {
    name: 'options that are none',
    make: () => func('f', 5 as never, async () => 1),
    want: /^func\('f'\): options: wanted an object, got 5/,
  },
  {
    name: 'a schema that is none',
    make: () => func('f', { input: { type: 'string' } as never }, async () => 1),
    want: /^func\('f'\): options\.input: wanted a schema of @sinclair\/typebox or a Standard Schema/,
  },
  {
    name: 'an expiration that is none',
    make: () => func('f', { expiration: 'soon' }, async () => 1),
    want: /^func\('f'\): options\.expiration: wanted a duration.*got "soon"/,
  },
  {
    name: 'no attempts',
    make: () => func('f', { attemptsMax: 0 }, async () => 1),
    want: /^func\('f'\): options\.attemptsMax: wanted a whole number from 1 to 4294967295, got 0/,
  },
  {
    name: 'a concurrency that is none',
    make: () => func('f', { concurrencyMax: 1.5 }, async () => 1),
    want: /options\.concurrencyMax: .*got 1\.5/,
  },
  {
    name: 'a status that is none',
    make: () => func('f', { unknownErrorStatus: 'ok' as never }, async () => 1),
    want: /options\.unknownErrorStatus: .*got "ok"/,
  },
  {
    name: 'a delay that is none',
    make: () => identity.buildCall(1, { delay: -1 }),
    want: /^identity: options\.delay: wanted a duration/,
  },
  {
    name: 'a version that is none',
    make: () => identity.buildCall(1, { version: 5 as never }),
    want: /^identity: options\.version: wanted a text/,
  },
]
for (const { name, make, want } of badOptions) {
  t.test(`${name} is refused at the edge`, async (t) => {
    t.throws(make, { name: 'TypeError', message: want })
  })
}

const order = func(
  'order',
  {
    input: Type.Object({
      order: Type.String(),
      items: Type.Array(Type.Object({ 'a b': Type.Integer({ minimum: 1 }) })),
      email: Type.Optional(Type.String({ format: 'nobody-knows' })),
    }),
  },
  async () => null,
)
const zodOrder = func(
  'zodOrder',
  { input: z.object({ items: z.array(z.object({ n: z.number() })) }) },
  async () => null,
)

const wrongInputs: readonly { name: string; build: () => unknown; want: RegExp }[] = [
  {
    name: 'a field of another type',
    build: () => order.buildCall({ order: 5, items: [] } as never),
    want: /^input\.order: wanted string, got 5$/,
  },
  {
    name: 'a field that is missing',
    build: () => order.buildCall({ items: [] } as never),
    want: /^input\.order: wanted string, got undefined$/,
  },
  {
    name: 'a field far down',
    build: () => order.buildCall({ order: 'a', items: [{ 'a b': 1 }, { 'a b': 0 }] }),
    want: /^input\.items\[1\]\["a b"\]: wanted integer to be greater or equal to 1, got 0$/,
  },
  {
    name: 'something else altogether',
    build: () => order.buildCall('x' as never),
    want: /^input: wanted object, got "x"$/,
  },
  {
    name: 'a format that TypeBox does not know',
    build: () => order.buildCall({ order: 'a', items: [], email: 'x' }),
    want: /^input\.email: the schema wants format "nobody-knows", .*FormatRegistry/,
  },
  {
    name: 'a field of another type, by zod',
    build: () => zodOrder.buildCall({ items: [{ n: 1 }, { n: 'x' }] } as never),
    want: /^input\.items\[1\]\.n: .*expected number/,
  },
  {
    name: 'a value that cannot be carried',
    build: () => identity.buildCall({ a: () => 1 }),
    want: /^input\.a: /,
  },
]
for (const { name, build, want } of wrongInputs) {
  t.test(`${name} is refused when the call is built`, async (t) => {
    t.throws(build, { name: 'InvalidArgumentError', status: 'invalid_argument', message: want })
  })
}

t.test('the text of a long value is cut in messages', async (t) => {
  const fn = func('long', { input: Type.Integer() }, async () => null)
  const wanted = `input: wanted integer, got "${'x'.repeat(40)}…"`
  t.throws(() => fn.buildCall('x'.repeat(10_000) as never), { message: wanted })
})

t.test('a schema that answers later is refused', async (t) => {
  const later = func('later', { input: z.string().refine(async () => false) }, async () => null)
  t.throws(() => later.buildCall('x'), { message: /synchronous/i })
})

const encodings = [
  {
    name: 'an integer schema',
    fn: func('f', { input: Type.Integer() }, async () => 1),
    value: 3,
    want: 'Int64Value',
  },
  {
    name: 'a number schema',
    fn: func('f', { input: Type.Number() }, async () => 1),
    value: 3,
    want: 'DoubleValue',
  },
  { name: 'no schema, a whole number', fn: identity, value: 3, want: 'Int64Value' },
  { name: 'no schema, a fraction', fn: identity, value: 1.5, want: 'DoubleValue' },
  { name: 'an object', fn: identity, value: { a: 1 }, want: 'Value' },
  { name: 'nothing', fn: identity, value: undefined, want: 'Empty' },
]
for (const { name, fn, value, want } of encodings) {
  t.test(`${name} goes out as ${want}`, async (t) => {
    t.equal(
      (fn as typeof identity).buildCall(value).input?.typeUrl,
      `type.googleapis.com/google.protobuf.${want}`,
    )
  })
}

/** Runs one function with an input that came from somewhere else. */
async function runWith(fn: unknown, directive: RunRequest['directive']) {
  const dispatch = new Dispatch({
    functions: [fn as never],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
  })
  const { name } = fn as { name: string }
  return runOutputOf(await postRun(dispatch, runRequestBytes({ function: name, directive })))
}

t.test('the endpoint checks inputs too, and transforms them', async (t) => {
  const fn = func('days', { input: z.string().transform((text) => new Date(text)) }, async (at) =>
    at.getUTCFullYear(),
  )
  t.match(await runWith(fn, inputOf('2024-01-01')), { status: 'ok', output: 2024 })
  t.match(await runWith(fn, inputOf(5)), {
    status: 'invalid_argument',
    error: { message: /^input: .*expected string/ },
  })
  t.match(await runWith(order, inputOf({ order: 5, items: [] })), {
    status: 'invalid_argument',
    error: { message: 'input.order: wanted string, got 5' },
  })
})

t.test('an output that is not what the schema says ends with invalid_response', async (t) => {
  const output = Type.Object({ receipt: Type.String() })
  const fn = func('receipt', { output }, async () => ({ receipt: 5 }) as never)
  t.match(await runWith(fn, inputOf(null)), {
    status: 'invalid_response',
    error: { message: 'output.receipt: wanted string, got 5' },
  })
})

t.test('an output schema may transform', async (t) => {
  const fn = func('text', { output: z.number().transform(String) }, async () => 5)
  t.match(await runWith(fn, inputOf(null)), { status: 'ok', output: '5' })
})

t.test('an input that may be missing may be missing on the wire', async (t) => {
  const fn = func('maybe', { input: z.string().optional() }, async (name) => name ?? 'nobody')
  t.match(await runWith(fn, inputOf(undefined)), { status: 'ok', output: 'nobody' })
})

t.test('the arguments of a Python caller reach the handler', async (t) => {
  const value = encodePythonArguments(['World'])
  t.match(await runWith(identity, { case: 'input', value }), { status: 'ok', output: 'World' })
})

const statuses = [
  { name: 'of the function', options: { unknownErrorStatus: 'throttled' } as const, want: 'throttled' },
  { name: 'of the Dispatch', options: {}, want: 'temporary' },
]
for (const { name, options, want } of statuses) {
  t.test(`an unknown error has the status ${name}`, async (t) => {
    const fn = func('boom', options, async () => {
      throw new Error('boom')
    })
    const dispatch = new Dispatch({
      functions: [fn],
      scheduler: createSchedulerDouble(),
      allowUnsigned: true,
      unknownErrorStatus: 'temporary',
      env: {},
    })
    const response = await postRun(dispatch, runRequestBytes({ function: 'boom', directive: inputOf(null) }))
    t.equal(runOutputOf(response).status, want)
  })
}

t.test('await and gather outside of a function say what to do', async (t) => {
  const want = {
    name: 'TypeError',
    message: /^identity\.(await|gather)\(\): .*Use dispatch\(input\) instead.*handle\.result\(\)/,
  }
  await t.rejects(identity.await(1), want)
  await t.rejects(identity.gather([1]), want)
})

t.test('a handler that returns a tail call goes on as that call', async (t) => {
  const fn = func('first', async () => identity.tailCall(5))
  const dispatch = new Dispatch({
    functions: [fn],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
  })
  const request = create(RunRequestSchema, { function: 'first', dispatchId: '1', directive: inputOf(null) })
  const outcome = await dispatch.endpoint.run(request, new AbortController().signal)
  t.match(outcome, {
    response: {
      directive: { case: 'exit', value: { tailCall: { function: 'identity', input: encodeValue(5) } } },
    },
  })
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

/** Lets a function run until it waits for one call, and then go on with `result`. */
async function resumeWith(fn: AnyDispatchFunction, result: MessageInitShape<typeof CallResultSchema>) {
  const dispatch = new Dispatch({
    functions: [fn],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
  })
  const common = { function: fn.name, dispatchId: '1', rootDispatchId: '1' }
  const first = runResponseOf(
    await postRun(dispatch, runRequestBytes({ ...common, directive: inputOf(null) })),
  )
  const poll = first.directive.case === 'poll' ? first.directive.value : undefined
  const state = poll?.state as { case: 'typedCoroutineState'; value: Any }
  const results = [{ correlationId: poll?.calls[0]?.correlationId ?? 0n, dispatchId: '1/1', ...result }]
  const body = runRequestBytes({ ...common, directive: { case: 'pollResult', value: { state, results } } })
  return runOutputOf(await postRun(dispatch, body))
}

t.test('await gives the output of the call', async (t) => {
  const parent = func('parent', async () => [await identity.await(1)])
  t.match(await resumeWith(parent, { output: encodeValue({ a: 1 }) as Any }), {
    status: 'ok',
    output: [{ a: 1 }],
  })
})

const FAILED = {
  output: encodeValue({ left: 3 }) as Any,
  error: { type: 'ThrottledError', message: 'too fast' },
}

t.test('await rejects with the failure of the call, and the output beside it', async (t) => {
  const parent = func('parent', async () => {
    const error = await identity.await(1).catch((error: DispatchError) => error)
    const { status, message, output, dispatchId } = error as DispatchError
    return { status, message, output, dispatchId }
  })
  t.match(await resumeWith(parent, FAILED), {
    status: 'ok',
    output: { status: 'throttled', message: 'too fast', output: { left: 3 }, dispatchId: '1/1' },
  })
})

t.test('the failure of a call that nobody waits for any more does not reach the process', async (t) => {
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', note)
  t.teardown(() => process.off('unhandledRejection', note))
  const parent = func('parent', async (_input, call) => {
    void identity.await(1)
    void identity.gather([1])
    void identity.await(() => 1)
    await call.sleep(1)
    return 'done'
  })
  await resumeWith(parent, FAILED)
  await new Promise((resolve) => setImmediate(resolve))
  t.strictSame(unhandled, [])
})

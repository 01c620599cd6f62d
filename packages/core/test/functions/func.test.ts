import { type AnyDispatchFunction, type Call, Dispatch, type DispatchError, func } from '@dispatch/core'
import {
  type Any,
  type CallResult,
  CallSchema,
  create,
  type MessageInit,
  RunRequestSchema,
  toBinary,
} from '@dispatch/protocol/messages'
import { decodeValue, encodePythonArguments, encodeValue } from '@dispatch/protocol/values'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import {
  inputOf,
  postRun,
  runOutputOf,
  runRequestBytes,
  runResponseOf,
  runWith,
} from '../helpers/run-requests.js'
import { createSchedulerDouble } from '../helpers/scheduler-double.js'

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

t.test('options of a function apply to all of its calls', async (t) => {
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

const badNames = ['double-repeat', '', '1st', 'a b', 'a/b', 'é', 'x'.repeat(513), 5, undefined]
for (const name of badNames) {
  t.test(`E29 the name ${String(name).slice(0, 20)} is refused`, async (t) => {
    t.throws(() => func(name as string, async () => 1), {
      name: 'TypeError',
      message: /^func\(name\): expected /,
    })
  })
}
t.test('names as other languages have them are accepted', async (t) => {
  for (const name of ['outer.<locals>.inner', '_x', 'a.b.c', 'x'.repeat(512)])
    t.equal(func(name, async () => 1).name, name)
})

const badOptions: readonly { name: string; make: () => unknown; want: RegExp }[] = [
  {
    name: 'a missing handler',
    make: () => func('f', undefined as never),
    want: /^func\('f'\): expected a handler.*got undefined/,
  },
  {
    name: 'a handler that is not a function',
    make: () => func('f', {}, {} as never),
    want: /^func\('f'\): expected a handler/,
  },
  {
    name: 'options that are not an object',
    make: () => func('f', 5 as never, async () => 1),
    want: /^func\('f'\): options: expected an object, got 5/,
  },
  {
    name: 'a schema that is not a schema',
    make: () => func('f', { input: { type: 'string' } as never }, async () => 1),
    want: /^func\('f'\): options\.input: expected a schema of TypeBox or a Standard Schema/,
  },
  {
    name: 'an invalid expiration',
    make: () => func('f', { expiration: 'soon' }, async () => 1),
    want: /^func\('f'\): options\.expiration: expected a duration.*got "soon"/,
  },
  {
    name: 'zero attempts',
    make: () => func('f', { attemptsMax: 0 }, async () => 1),
    want: /^func\('f'\): options\.attemptsMax: expected an integer from 1 to 4294967295, got 0/,
  },
  {
    name: 'an invalid concurrencyMax',
    make: () => func('f', { concurrencyMax: 1.5 }, async () => 1),
    want: /options\.concurrencyMax: .*got 1\.5/,
  },
  {
    name: 'an invalid status',
    make: () => func('f', { unknownErrorStatus: 'ok' as never }, async () => 1),
    want: /options\.unknownErrorStatus: .*got "ok"/,
  },
  {
    name: 'an invalid delay',
    make: () => identity.buildCall(1, { delay: -1 }),
    want: /^identity: options\.delay: expected a duration/,
  },
  {
    name: 'an invalid version',
    make: () => identity.buildCall(1, { version: 5 as never }),
    want: /^identity: options\.version: expected a non-empty string/,
  },
]
for (const { name, make, want } of badOptions) {
  t.test(`${name} is refused by name`, async (t) => {
    t.throws(make, { name: 'TypeError', message: want })
  })
}

t.test('a handler receives the arguments of a Python caller', async (t) => {
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
    const output = await runWith(fn, inputOf(null), { unknownErrorStatus: 'temporary' })
    t.equal(output.status, want)
  })
}

t.test('await and gather outside of a durable function reject with the fix', async (t) => {
  const fix =
    'can only be called inside a durable function. Elsewhere use `await (await identity.dispatch(input)).result()`'
  await t.rejects(identity.await(1), { name: 'TypeError', message: `identity.await() ${fix}` })
  await t.rejects(identity.gather([1]), {
    name: 'TypeError',
    message: `identity.gather() ${fix} for each input`,
  })
})

t.test('a handler that returns a tail call is continued by that call', async (t) => {
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

/** Runs a function until it awaits one call, and resumes it with `result`. */
async function resumeWith(fn: AnyDispatchFunction, result: MessageInit<CallResult>) {
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

t.test('await resolves with the output of the call', async (t) => {
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

t.test('await rejects with the status, message, output and id of a failed call', async (t) => {
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

t.test('the failure of an abandoned await is not an unhandled rejection', async (t) => {
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

t.test('successive calls of a gather with the same input share its bytes', async (t) => {
  let encoded = 0
  const same = {
    toJSON: () => {
      encoded += 1
      return 'same'
    },
  }
  const child = func('child', async (value: unknown) => value)
  const parent = func('parent', async () => child.gather([same, same, same, 'other', 0, -0]))
  const dispatch = new Dispatch({
    functions: [parent, child],
    scheduler: createSchedulerDouble(),
    allowUnsigned: true,
    env: {},
  })
  const answer = await postRun(dispatch, runRequestBytes({ function: 'parent', directive: inputOf(null) }))
  const { directive } = runResponseOf(answer)
  const inputs = directive.case === 'poll' ? directive.value.calls.map(({ input }) => decodeValue(input)) : []
  t.strictSame(inputs, ['same', 'same', 'same', 'other', 0, -0])
  t.ok(Object.is(inputs[5], -0))
  t.equal(encoded, 1)
})

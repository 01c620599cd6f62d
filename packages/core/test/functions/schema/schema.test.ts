import { Dispatch, func } from '@dispatch/core'
import { type Any, CallResultSchema, CallState, create } from '@dispatch/protocol/messages'
import { decodeValue } from '@dispatch/protocol/values'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { z } from 'zod'
import { inputOf, postRun, runRequestBytes, runResponseOf, runWith } from '../../helpers/run-requests.js'
import { createSchedulerDouble } from '../../helpers/scheduler-double.js'

const identity = func('identity', async (value: unknown) => value)

const order = func(
  'order',
  {
    input: Type.Object({
      order: Type.String(),
      items: Type.Array(Type.Object({ 'a b': Type.Integer({ minimum: 1 }) })),
      email: Type.Optional(Type.String({ format: 'not-registered' })),
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
    want: /^input\.order: expected string, got 5$/,
  },
  {
    name: 'a missing field',
    build: () => order.buildCall({ items: [] } as never),
    want: /^input\.order: expected string, got undefined$/,
  },
  {
    name: 'a nested field',
    build: () => order.buildCall({ order: 'a', items: [{ 'a b': 1 }, { 'a b': 0 }] }),
    want: /^input\.items\[1\]\["a b"\]: expected integer to be greater or equal to 1, got 0$/,
  },
  {
    name: 'a value of another type',
    build: () => order.buildCall('x' as never),
    want: /^input: expected object, got "x"$/,
  },
  {
    name: 'a format that is not registered',
    build: () => order.buildCall({ order: 'a', items: [], email: 'x' }),
    want: /^input\.email: the schema requires format "not-registered", .*FormatRegistry/,
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

t.test('messages truncate long values', async (t) => {
  const fn = func('long', { input: Type.Integer() }, async () => null)
  const message = `input: expected integer, got "${'x'.repeat(40)}…"`
  t.throws(() => fn.buildCall('x'.repeat(10_000) as never), { message })
})

t.test('an asynchronous schema is refused', async (t) => {
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
  { name: 'no schema, an integer', fn: identity, value: 3, want: 'Int64Value' },
  { name: 'no schema, a fraction', fn: identity, value: 1.5, want: 'DoubleValue' },
  { name: 'an object', fn: identity, value: { a: 1 }, want: 'Value' },
  { name: 'null', fn: identity, value: null, want: 'Empty' },
]
for (const { name, fn, value, want } of encodings) {
  t.test(`${name} is encoded as ${want}`, async (t) => {
    t.equal(
      (fn as typeof identity).buildCall(value).input?.typeUrl,
      `type.googleapis.com/google.protobuf.${want}`,
    )
  })
}

t.test('an unsafe integer stays a number where the schema requires it', async (t) => {
  const fn = func('large', { input: Type.Integer(), output: Type.Integer() }, async (n) => n)
  const { input } = fn.buildCall(2 ** 60)
  t.equal(decodeValue(input), 2n ** 60n)
  const scheduler = createSchedulerDouble()
  const dispatch = new Dispatch({ functions: [fn], scheduler, allowUnsigned: true, env: {} })
  const directive = { case: 'input', value: input as Any } as const
  const response = runResponseOf(await postRun(dispatch, runRequestBytes({ function: 'large', directive })))
  const result = response.directive.case === 'exit' ? response.directive.value.result : undefined
  const handle = await dispatch.dispatch(fn, 1)
  scheduler.settle(handle.id, {
    state: CallState.DONE,
    status: response.status,
    result: create(CallResultSchema, result),
  })
  t.equal(await handle.result(), 2 ** 60)
})

t.test('the endpoint checks inputs, too, and applies transformations', async (t) => {
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
    error: { message: 'input.order: expected string, got 5' },
  })
})

t.test('an output that does not match its schema ends the call with invalid_response', async (t) => {
  const output = Type.Object({ receipt: Type.String() })
  const fn = func('receipt', { output }, async () => ({ receipt: 5 }) as never)
  t.match(await runWith(fn, inputOf(null)), {
    status: 'invalid_response',
    error: { message: 'output.receipt: expected string, got 5' },
  })
})

t.test('an output schema may transform the output', async (t) => {
  const fn = func('text', { output: z.number().transform(String) }, async () => 5)
  t.match(await runWith(fn, inputOf(null)), { status: 'ok', output: '5' })
})

t.test('an optional input may be absent on the wire', async (t) => {
  const fn = func('maybe', { input: z.string().optional() }, async (name) => name ?? 'nobody')
  t.match(await runWith(fn, inputOf(undefined)), { status: 'ok', output: 'nobody' })
})

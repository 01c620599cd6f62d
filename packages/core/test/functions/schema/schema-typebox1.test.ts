import { type DispatchFunction, func } from '@dispatch/core'
import t from 'tap'
import { Type } from 'typebox'
import { Format } from 'typebox/format'
import { inputOf, runWith } from '../../helpers/run-requests.js'

/** Compiles only if both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_is: Same<A, B>): void {}

const order = func(
  'order',
  {
    input: Type.Object({
      order: Type.String(),
      items: Type.Optional(Type.Array(Type.Object({ 'a b': Type.Integer({ minimum: 1 }) }))),
      kind: Type.Optional(Type.Union([Type.Literal('gift'), Type.Object({ vat: Type.Number() })])),
    }),
    concurrencyKey: (input) => input.order,
  },
  async ({ order, items = [] }) => `${order} ${items.length}`,
)
const receipt = func('receipt', { output: Type.Object({ id: Type.Integer() }) }, async (id: number) => ({
  id,
}))
const both = func('both', { input: Type.Integer(), output: Type.String() }, async (n) => n.toFixed(1))

same<
  typeof order,
  DispatchFunction<{ order: string; items?: { 'a b': number }[]; kind?: 'gift' | { vat: number } }, string>
>(true)
same<typeof receipt, DispatchFunction<number, { id: number }>>(true)
same<typeof both, DispatchFunction<number, string>>(true)

/** Compiled only, never called. */
export function compiles(): void {
  // @ts-expect-error a field is missing
  order.buildCall({ items: [] })
  // @ts-expect-error the handler takes something else than the schema gives
  func('x', { input: Type.String() }, async (n: number) => n)
  // @ts-expect-error the handler returns something else than the schema requires
  func('x', { output: Type.String() }, async () => 1)
  // @ts-expect-error no such option
  func('x', { input: Type.String(), expires: 5 }, async () => 1)
}

const wrongInputs = [
  { name: 'a field of another type', input: { order: 5 }, want: 'input.order: expected string, got 5' },
  { name: 'a field that is missing', input: {}, want: 'input.order: expected string, got undefined' },
  {
    name: 'a nested field',
    input: { order: 'a', items: [{ 'a b': 1 }, { 'a b': 0 }] },
    want: 'input.items[1]["a b"]: expected to be >= 1, got 0',
  },
  {
    name: 'a missing nested field',
    input: { order: 'a', items: [{}] },
    want: 'input.items[0]["a b"]: expected a value, got undefined',
  },
  {
    name: 'a value of no branch of a union',
    input: { order: 'a', kind: { vat: 'x' } },
    want: 'input.kind: expected one of the types of the union, got an object',
  },
  { name: 'something else altogether', input: 'x', want: 'input: expected object, got "x"' },
] as const

for (const { name, input, want } of wrongInputs) {
  t.test(`a schema of TypeBox 1 refuses ${name} when the call is built`, async (t) => {
    t.throws(() => order.buildCall(input as never), { name: 'InvalidArgumentError', message: want })
  })
}

t.test(
  'schemas of TypeBox 1 are checked where the function runs, and select how a number is encoded',
  async (t) => {
    t.match(await runWith(both, inputOf(3)), { status: 'ok', output: '3.0' })
    t.match(await runWith(both, inputOf('x')), {
      status: 'invalid_argument',
      error: { message: 'input: expected integer, got "x"' },
    })
    t.match(await runWith(receipt, inputOf('x')), {
      status: 'invalid_response',
      error: { message: 'output.id: expected integer, got "x"' },
    })
    t.equal(both.buildCall(3).input?.typeUrl, 'type.googleapis.com/google.protobuf.Int64Value')
  },
)

t.test('formats registered by the application with TypeBox 1 are used', async (t) => {
  Format.Set('even', (text) => text.length % 2 === 0)
  const fn = func('fn', { input: Type.String({ format: 'even' }) }, async () => 1)
  t.equal(fn.buildCall('ab').function, 'fn')
  t.throws(() => fn.buildCall('abc'), { message: 'input: expected to match format "even", got "abc"' })
})

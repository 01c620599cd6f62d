import { type CallContext, type CallHandle, Dispatch, type DispatchFunction, func } from '@dispatch/core'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { z } from 'zod'

/** Compiles only if both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_is: Same<A, B>): void {}

const noInput = func('noInput', async () => 1)
const contextOnly = func('contextOnly', async (_input, call) => call.dispatchId)
const annotated = func(
  'annotated',
  async (orders: string[], call: CallContext) => orders.length + call.attempt,
)
const synchronous = func('synchronous', (name: string) => ({ name }))
const nothing = func('nothing', async (_name: string) => {})
const typebox = func(
  'typebox',
  { input: Type.Object({ order: Type.String(), cents: Type.Integer() }) },
  async ({ order, cents }) => `${order}${cents.toFixed(2)}`,
)
const typeboxOutput = func(
  'typeboxOutput',
  { output: Type.Object({ receipt: Type.String() }) },
  async () => ({
    receipt: 'r',
  }),
)
const zod = func(
  'zod',
  { input: z.object({ at: z.string().transform((text) => new Date(text)) }) },
  async ({ at }) => at.getTime(),
)
const zodOutput = func('zodOutput', { output: z.number().transform(String) }, async (n: number) => n)
const optionsOnly = func('optionsOnly', { expiration: '5m', attemptsMax: 3 }, async (n: number) => n)
const unusedInput = func('unusedInput', { input: Type.String() }, async () => true)
const tail = func('tail', async (n: number) => (n > 0 ? annotated.tailCall(['a']) : 7))
const onlyTail = func('onlyTail', async () => annotated.tailCall(['a']))

same<typeof noInput, DispatchFunction<void, number>>(true)
same<typeof contextOnly, DispatchFunction<void, string>>(true)
same<typeof annotated, DispatchFunction<string[], number>>(true)
same<typeof synchronous, DispatchFunction<string, { name: string }>>(true)
same<typeof nothing, DispatchFunction<string, void>>(true)
same<typeof typebox, DispatchFunction<{ order: string; cents: number }, string>>(true)
same<typeof typeboxOutput, DispatchFunction<void, { receipt: string }>>(true)
same<typeof zod, DispatchFunction<{ at: string }, number>>(true)
same<typeof zodOutput, DispatchFunction<number, string>>(true)
same<typeof optionsOnly, DispatchFunction<number, number>>(true)
same<typeof unusedInput, DispatchFunction<string, boolean>>(true)
same<typeof tail, DispatchFunction<number, number>>(true)
same<typeof onlyTail, DispatchFunction<void, number>>(true)

/** Never called: its lines are there for the compiler. */
export async function compiles(dispatch: Dispatch): Promise<void> {
  same<number, Awaited<ReturnType<typeof noInput.await>>>(true)
  same<number[], Awaited<ReturnType<typeof annotated.gather>>>(true)
  same<CallHandle<string>, Awaited<ReturnType<typeof typebox.dispatch>>>(true)

  await noInput.dispatch()
  await noInput.dispatch(undefined, { delay: '5m' })
  await annotated.dispatch(['a'], { expiration: 1000, version: 'v1' })
  await dispatch.dispatch(noInput)
  same<CallHandle<number>, Awaited<ReturnType<typeof one>>>(true)
  const one = () => dispatch.dispatch(annotated, ['a'], { delay: 5 })
  await dispatch.dispatch(zod, { at: '2024-01-01' })
  await dispatch.dispatchBatch([noInput.buildCall(), annotated.buildCall(['a'])])
  dispatch.register(noInput, annotated, typebox, zod)

  // @ts-expect-error an input is needed
  await annotated.dispatch()
  // @ts-expect-error an input is needed
  await dispatch.dispatch(annotated)
  // @ts-expect-error of the wrong type
  await annotated.dispatch('a')
  // @ts-expect-error of the wrong type
  await dispatch.dispatch(annotated, [1])
  // @ts-expect-error a field is missing
  await typebox.dispatch({ order: 'a' })
  // @ts-expect-error what the schema takes, not what it makes of it
  await zod.dispatch({ at: new Date() })
  // @ts-expect-error inputs of the wrong type
  await annotated.gather(['a'])
  // @ts-expect-error no such option
  await annotated.dispatch(['a'], { delayMs: 5 })
  // @ts-expect-error no such option
  func('x', { expires: 5 }, async () => 1)
  // @ts-expect-error the handler takes something else than the schema gives
  func('x', { input: Type.String() }, async (n: number) => n)
  // @ts-expect-error the handler returns something else than the schema wants
  func('x', { output: Type.String() }, async () => 1)
  // @ts-expect-error no schema
  func('x', { input: { type: 'string' } }, async () => 1)
  // @ts-expect-error no such option
  new Dispatch({ apiURL: 'http://localhost' })
  // @ts-expect-error no such status
  new Dispatch({ unknownErrorStatus: 'ok' })
  // @ts-expect-error no function
  new Dispatch({ functions: [async () => 1] })
}

t.test('static types follow from handlers and schemas', async (t) => {
  t.ok(noInput.name, 'this file compiles')
})

/**
 * Types of functions. Compiled only: the build fails when a type differs from the one it is compared with, or when a line
 * below `@ts-expect-error` compiles.
 */
import {
  type AnyDispatchFunction,
  type BuiltCall,
  type CallContext,
  type CallHandle,
  Dispatch,
  type DispatchFunction,
  type FunctionOptions,
  func,
  type Handler,
  type OptionalInput,
  type Received,
  type TailCall,
} from '@dispatch/core'
import { Type } from '@sinclair/typebox'
import { z } from 'zod'
import type { HandlerContext } from '../../dist/coroutine/handler/handler-context.js'

/** Compiles only if both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_is: Same<A, B>): void {}

interface Order {
  readonly shop: string
  readonly cents: number
}

// Types inferred from handlers and schemas.

const noInput = func('noInput', async () => 1)
const contextOnly = func('contextOnly', async (_input, call) => call.dispatchId)
const annotated = func(
  'annotated',
  async (orders: string[], call: CallContext) => orders.length + call.attempt,
)
const inferredContext = func('inferredContext', async (order: Order, call) => call.attempt + order.cents)
const synchronous = func('synchronous', (name: string) => ({ name }))
const typebox = func(
  'typebox',
  { input: Type.Object({ order: Type.String(), cents: Type.Integer() }) },
  async ({ order, cents }) => `${order}${cents.toFixed(2)}`,
)
const typeboxOutput = func(
  'typeboxOutput',
  { output: Type.Object({ receipt: Type.String() }) },
  async () => ({ receipt: 'r' }),
)
const zod = func(
  'zod',
  { input: z.object({ at: z.string().transform((text) => new Date(text)) }) },
  async ({ at }) => at.getTime(),
)
const zodOutput = func('zodOutput', { output: z.number().transform(String) }, async (n: number) => n)
const optionsOnly = func('optionsOnly', { expiration: '5m', attemptsMax: 3 }, async (n: number) => n)
const unusedInput = func('unusedInput', { input: Type.String() }, async () => true)

same<typeof noInput, DispatchFunction<void, number>>(true)
same<typeof contextOnly, DispatchFunction<void, string>>(true)
same<typeof annotated, DispatchFunction<string[], number>>(true)
same<typeof inferredContext, DispatchFunction<Order, number>>(true)
same<typeof synchronous, DispatchFunction<string, { name: string }>>(true)
same<typeof typebox, DispatchFunction<{ order: string; cents: number }, string>>(true)
same<typeof typeboxOutput, DispatchFunction<void, { receipt: string }>>(true)
same<typeof zod, DispatchFunction<{ at: string }, number>>(true)
same<typeof zodOutput, DispatchFunction<number, string>>(true)
same<typeof optionsOnly, DispatchFunction<number, number>>(true)
same<typeof unusedInput, DispatchFunction<string, boolean>>(true)

// Optional inputs.

const byDefault = func('byDefault', async (count = 3) => count)
const destructured = func('destructured', async ({ pages = 3 } = {}) => pages)
const optional = func('optional', async (count?: number) => String(count))
const defaultAndContext = func(
  'defaultAndContext',
  async (count = 3, call: CallContext) => call.attempt + count,
)
const defaultAndOptions = func('defaultAndOptions', { attemptsMax: 3 }, async (count = 3) => count)
const optionalSchema = func('optionalSchema', { input: z.string().optional() }, async (text) => text?.length)

same<OptionalInput<number | undefined>, number | undefined | ReturnType<() => void>>(true)
same<typeof byDefault, DispatchFunction<OptionalInput<number | undefined>, number>>(true)
same<
  typeof destructured,
  DispatchFunction<OptionalInput<{ pages?: number | undefined } | undefined>, number>
>(true)
same<typeof optional, DispatchFunction<OptionalInput<number | undefined>, string>>(true)
same<typeof defaultAndContext, DispatchFunction<OptionalInput<number | undefined>, number>>(true)
same<typeof defaultAndOptions, DispatchFunction<OptionalInput<number | undefined>, number>>(true)
same<typeof optionalSchema, DispatchFunction<OptionalInput<string | undefined>, number | undefined>>(true)

// concurrencyKey takes the input of callers, and has no part in its inference.

const keyed = func('keyed', { concurrencyKey: (order) => order.shop }, async (order: Order) => order.cents)
const keyedWithContext = func(
  'keyedWithContext',
  { concurrencyKey: (order) => order.shop },
  async (order: Order, call) => call.attempt + order.cents,
)
const keyedBySchema = func(
  'keyedBySchema',
  { input: z.object({ shop: z.string().transform(Number) }), concurrencyKey: ({ shop }) => shop.trim() },
  async ({ shop }, call) => call.attempt + shop,
)
const keyedByPart = func(
  'keyedByPart',
  { concurrencyKey: ({ shop }: { shop: string }) => shop },
  async (order: Order) => order.cents,
)

same<typeof keyed, DispatchFunction<Order, number>>(true)
same<typeof keyedWithContext, DispatchFunction<Order, number>>(true)
same<typeof keyedBySchema, DispatchFunction<{ shop: string }, number>>(true)
same<typeof keyedByPart, DispatchFunction<Order, number>>(true)

// @ts-expect-error no such property
func('x', { concurrencyKey: (order) => order.shopp }, async (order: Order) => order.cents)
func(
  'x',
  // @ts-expect-error a key of something else than the input
  { concurrencyKey: ({ shop }: { shop: number }) => String(shop) },
  async (order: Order) => order.cents,
)

// Tail calls, functions that call themselves, and rings of functions.

const tail = func('tail', async (n: number) => (n > 0 ? annotated.tailCall(['a']) : 7))
const onlyTail = func('onlyTail', async () => annotated.tailCall(['a']))
const countdown = func('countdown', async (n: number): Promise<string | TailCall<string>> => {
  return n > 0 ? countdown.tailCall(n - 1) : 'liftoff'
})
const fibonacci = func('fibonacci', async (n: number): Promise<number> => {
  return n < 2 ? n : (await fibonacci.await(n - 1)) + (await fibonacci.await(n - 2))
})
const ping: DispatchFunction<number, string> = func('ping', async (n) => {
  return n > 0 ? pong.tailCall(n - 1) : 'ping'
})
const pong = func('pong', async (n: number) => (n > 0 ? ping.tailCall(n - 1) : 'pong'))

same<typeof tail, DispatchFunction<number, number>>(true)
same<typeof onlyTail, DispatchFunction<void, number>>(true)
same<typeof countdown, DispatchFunction<number, string>>(true)
same<typeof fibonacci, DispatchFunction<number, number>>(true)
same<typeof pong, DispatchFunction<number, string>>(true)

// Helpers that wrap func.

function logged<Input = void, Output = unknown>(name: string, handler: Handler<Input, Output>) {
  return func(name, async (input: Input, call) => {
    console.log(name, call.dispatchId)
    return await handler(input, call)
  })
}
function patient<Input = void, Output = unknown>(
  name: string,
  options: FunctionOptions<Input, Input, Output, Output>,
  handler: Handler<Input, Output>,
) {
  return func(name, { giveUpAfter: '7d', ...options }, (input: Input, call) => handler(input, call))
}
function annotatedHelper<Input, Output>(
  name: string,
  handler: Handler<Input, Output>,
): DispatchFunction<Input, Received<Output>> {
  return func(name, (input: Input, call) => handler(input, call))
}
const loggedBytes = logged('loggedBytes', async (order: Order) => Buffer.from(order.shop))
const loggedNothing = logged('loggedNothing', async () => 1)
const patientOrder = patient('patientOrder', { attemptsMax: 3 }, async (order: Order) => order)
const patientSchema = patient('patientSchema', { input: Type.String() }, async (text) => text.length)
const throughAnnotated = annotatedHelper('throughAnnotated', async (order: Order) => Buffer.from(order.shop))

same<typeof patientSchema, DispatchFunction<string, number>>(true)
same<typeof throughAnnotated, DispatchFunction<Order, Uint8Array>>(true)
same<typeof loggedBytes, DispatchFunction<Order, Uint8Array>>(true)
same<typeof loggedNothing, DispatchFunction<void, number>>(true)
same<typeof patientOrder, DispatchFunction<Order, Order>>(true)

// Outputs as they arrive; received.test.ts compares the types with what arrives at run time.

const bytes = func('bytes', async () => Buffer.from('x'))
const nothing = func('nothing', async (_name: string) => {})
class Money {
  readonly cents: number
  constructor(cents: number) {
    this.cents = cents
  }
  plus(other: Money): Money {
    return new Money(this.cents + other.cents)
  }
}
const money = func('money', async (cents: number) => new Money(cents))

same<typeof bytes, DispatchFunction<void, Uint8Array>>(true)
same<typeof nothing, DispatchFunction<string, void>>(true)

export async function compiles(dispatch: Dispatch): Promise<void> {
  same<number, Awaited<ReturnType<typeof noInput.await>>>(true)
  same<number[], Awaited<ReturnType<typeof annotated.gather>>>(true)
  same<CallHandle<string>, Awaited<ReturnType<typeof typebox.dispatch>>>(true)
  same<CallHandle<string>, ReturnType<typeof typebox.call>>(true)
  same<BuiltCall<string>, ReturnType<typeof typebox.buildCall>>(true)

  await noInput.dispatch()
  await noInput.dispatch(undefined, { delay: '5m' })
  await byDefault.dispatch()
  await byDefault.dispatch(4)
  await byDefault.gather([1, undefined])
  await optional.await()
  await optionalSchema.dispatch()
  await dispatch.dispatch(byDefault)
  await dispatch.dispatch(byDefault, 4, { delay: new Date() })
  await annotated.dispatch(['a'], { expiration: new Date(), version: 'v1' })
  await annotated.await(['a'], { attemptsMax: 3, giveUpAfter: '1h', runTimeout: '90s', priority: 5 })
  await dispatch.dispatch(noInput)
  const one = () => dispatch.dispatch(annotated, ['a'], { delay: 5 })
  same<CallHandle<number>, Awaited<ReturnType<typeof one>>>(true)
  await dispatch.dispatch(zod, { at: '2024-01-01' })
  dispatch.register(noInput, annotated, typebox, zod, byDefault, bytes)
  const all: AnyDispatchFunction[] = [noInput, annotated, typebox, zod, byDefault, bytes]
  dispatch.register(...all)

  const two = await dispatch.dispatchBatch([noInput.buildCall(), typebox.buildCall({ order: 'a', cents: 1 })])
  same<typeof two, [CallHandle<number>, CallHandle<string>]>(true)
  const many = await dispatch.dispatchBatch([1, 2].map((n) => optionsOnly.buildCall(n)))
  same<typeof many, CallHandle<number>[]>(true)
  const byFunction = dispatch.call(typebox, 'id')
  same<typeof byFunction, CallHandle<string>>(true)
  const byId = dispatch.call('id')
  same<typeof byId, CallHandle<unknown>>(true)

  // @ts-expect-error an input is needed
  await annotated.dispatch()
  // @ts-expect-error an input is needed
  await dispatch.dispatch(annotated)
  // @ts-expect-error of the wrong type
  await annotated.dispatch('a')
  // @ts-expect-error of the wrong type
  await byDefault.dispatch('a')
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
  // @ts-expect-error the id of an awaited call is not chosen
  await annotated.await(['a'], { id: 'x' })
  // @ts-expect-error no such option
  func('x', { expires: 5 }, async () => 1)
  // @ts-expect-error the handler takes something else than the schema gives
  func('x', { input: Type.String() }, async (n: number) => n)
  // @ts-expect-error the handler returns something else than the schema requires
  func('x', { output: Type.String() }, async () => 1)
  // @ts-expect-error no schema
  func('x', { input: { type: 'string' } }, async () => 1)
  // @ts-expect-error no such option
  new Dispatch({ apiURL: 'http://localhost' })
  // @ts-expect-error no such status
  new Dispatch({ unknownErrorStatus: 'ok' })
  // @ts-expect-error no function
  new Dispatch({ functions: [async () => 1] })
  // @ts-expect-error no call
  await dispatch.dispatchBatch([annotated])
  // @ts-expect-error what has methods cannot be carried: nothing of it arrives
  ;(await money.await(5)).plus(new Money(1))
  // @ts-expect-error not even its properties
  ;(await money.await(5)).cents
  // @ts-expect-error a Buffer arrives as a Uint8Array
  ;(await bytes.await()).toString('utf8')
}

// The context of a handler. It is declared for applications beside the functions, and implemented in another folder.

export const contextOfHandlers = (context: HandlerContext): CallContext => context

export async function stepsOfAContext(call: CallContext): Promise<void> {
  const awaited = () => call.await(typebox, { order: 'a', cents: 1 }, { priority: 1 })
  same<string, Awaited<ReturnType<typeof awaited>>>(true)
  const gathered = () => call.gather(annotated, [['a'], ['b']])
  same<number[], Awaited<ReturnType<typeof gathered>>>(true)
  const dispatched = () => call.dispatch(typebox, { order: 'a', cents: 1 }, { id: 'x', delay: '5m' })
  same<CallHandle<string>, Awaited<ReturnType<typeof dispatched>>>(true)
  await call.await(noInput)
  await call.dispatch(noInput)
  await call.await(optional)
  await call.await(byDefault, 4)
  await call.gather(byDefault, [1, undefined])
  await call.await(zod, { at: '2024-01-01' })
  const { await: run, gather, dispatch } = call
  await Promise.all([run(noInput), gather(annotated, [['a']]), dispatch(annotated, ['a'])])

  // @ts-expect-error an input is needed
  await call.await(annotated)
  // @ts-expect-error of the wrong type
  await call.await(annotated, 'a')
  // @ts-expect-error a field is missing
  await call.await(typebox, { order: 'a' })
  // @ts-expect-error what the schema takes, not what it makes of it
  await call.dispatch(zod, { at: new Date() })
  // @ts-expect-error inputs of the wrong type
  await call.gather(annotated, ['a'])
  // @ts-expect-error no such option
  await call.dispatch(annotated, ['a'], { delayMs: 5 })
  // @ts-expect-error the id of an awaited call is not chosen
  await call.await(annotated, ['a'], { id: 'x' })
  // @ts-expect-error not a function of func
  await call.await(async () => 1, null)
}

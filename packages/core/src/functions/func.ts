import type { FailureStatus } from '@dispatch/protocol'
import { FUNCTION_NAME_PATTERN, NAME_LENGTH_MAX } from '@dispatch/protocol/bounds'
import type { Call } from '@dispatch/protocol/messages'
import { describeValue } from '@dispatch/protocol/text'
import type { CallHandle } from '../calls/call-handle.js'
import { checkFailureStatus, checkObject } from '../checks/option-checks.js'
import type { CallContext } from '../coroutine/definition/call-context.js'
import { createTailCall, type TailCall } from '../coroutine/definition/tail-call.js'
import type { Coroutine } from '../coroutine/life/coroutine.js'
import { currentCoroutine, droppableInside } from '../coroutine/life/current-coroutine.js'
import { handledRejection } from '../coroutine/waits/promises.js'
import {
  type CallOptions,
  createCall,
  type DispatchedCallOptions,
  parseCallDefaults,
} from './call-options.js'
import { currentClient } from './current-client.js'
import { createFunctionCodec } from './function-codec.js'
import { attachInternals, type FunctionClient } from './function-internals.js'
import type { Schema } from './schema/schema.js'
import type { TypeBox1Schema, TypeBox1Value } from './schema/typebox1-type.js'

/** A durable function: what `func` makes of a handler. */
export interface DispatchFunction<Input, Output> {
  readonly name: string
  /**
   * Hands a call to the scheduler and resolves once it is recorded. Inside a function it is recorded once, however
   * often the handler is rebuilt.
   *
   * @throws {DispatchError} `invalid_argument`, naming the field, when the input is not what the schema says.
   */
  dispatch(input: Input, options?: DispatchedCallOptions): Promise<CallHandle<Output>>
  /**
   * Calls and waits for the output, durably. Inside a function only.
   *
   * @throws {DispatchError} With the status of the call, when it failed.
   */
  await(input: Input, options?: CallOptions): Promise<Output>
  /**
   * Makes one call for each input and waits for all outputs, in the order of the inputs; rejects at the first failure.
   * Inside a function only.
   */
  gather(inputs: readonly Input[], options?: CallOptions): Promise<Output[]>
  /** What a handler returns to go on as a call of this function. */
  tailCall(input: Input): TailCall<Output>
  /** The call that `dispatch` would make, for `Dispatch.dispatchBatch`. */
  buildCall(input: Input, options?: DispatchedCallOptions): Call
}

/** A function of any input and output. */
export type AnyDispatchFunction = DispatchFunction<never, unknown>

/** Options of `func`. Durations are milliseconds, or strings such as `'90s'`, `'5m'`, `'30d'`. */
export interface FunctionOptions<Input, Parsed, Returned, Output> {
  /** Schema of the input: a TypeBox schema or a Standard Schema. Default: none; any value is accepted. */
  readonly input?: Schema<Input, Parsed> | undefined
  /** Schema of the output. Default: none; any value is accepted. */
  readonly output?: Schema<Returned, Output> | undefined
  /** Time from the creation of a call to its end, all attempts included; then it ends with `timeout`. Default: no limit. */
  readonly expiration?: number | string | undefined
  /** Attempts after which a call ends with its last status. Default: no limit. */
  readonly attemptsMax?: number | undefined
  /** A call that makes no progress for this long ends with its last status. Default: 24 hours. */
  readonly giveUpAfter?: number | string | undefined
  /** Maximum of concurrent runs. Default: the adaptive limit only. */
  readonly concurrencyMax?: number | undefined
  /**
   * Calls of a higher priority start before others of the function; -1000 to 1000. Default 0; for calls made inside a
   * function that of the caller.
   */
  readonly priority?: number | undefined
  /** Calls whose inputs give the same key share `concurrencyKeyMax` concurrent runs: per customer, per shop. Default: none. */
  readonly concurrencyKey?: ((input: Input) => string) | undefined
  /** Maximum of concurrent runs per key. Default 1. */
  readonly concurrencyKeyMax?: number | undefined
  /** Time limit of one run; then `call.signal` aborts and the call is retried. Default: 15 minutes. */
  readonly runTimeout?: number | string | undefined
  /** Status of a thrown value that cannot be classified. Default: that of the `Dispatch`. */
  readonly unknownErrorStatus?: FailureStatus | undefined
}

/** Options in which schemas of TypeBox 1 stand in place of others. */
type With<Schemas, Options> = Omit<Options, keyof Schemas> & Readonly<Schemas>

/** What a handler may return: its output, or a call that takes over; now or later. */
export type HandlerResult<Output> = Output | TailCall<Output> | Promise<Output | TailCall<Output>>

/**
 * Makes a durable function of a handler. It can be called once it is registered with a `Dispatch`.
 *
 * @param name - What the function is called by other processes; matches `/^[a-zA-Z_][a-zA-Z0-9_<>.]*$/`.
 * @throws {TypeError} Naming the option, its value and the fix.
 */
export function func<Input = void, Output = unknown>(
  name: string,
  handler: (input: Input, call: CallContext) => HandlerResult<Output>,
): DispatchFunction<Input, Output>
export function func<In extends TypeBox1Schema, Returned = unknown, Output = Returned>(
  name: string,
  options: With<{ input: In }, FunctionOptions<TypeBox1Value<In>, TypeBox1Value<In>, Returned, Output>>,
  handler: (input: TypeBox1Value<In>, call: CallContext) => HandlerResult<Returned>,
): DispatchFunction<TypeBox1Value<In>, Output>
export function func<Out extends TypeBox1Schema, Parsed = void, Input = Parsed>(
  name: string,
  options: With<{ output: Out }, FunctionOptions<Input, Parsed, TypeBox1Value<Out>, TypeBox1Value<Out>>>,
  handler: (input: Parsed, call: CallContext) => HandlerResult<TypeBox1Value<Out>>,
): DispatchFunction<Input, TypeBox1Value<Out>>
export function func<In extends TypeBox1Schema, Out extends TypeBox1Schema>(
  name: string,
  options: With<
    { input: In; output: Out },
    FunctionOptions<TypeBox1Value<In>, TypeBox1Value<In>, TypeBox1Value<Out>, TypeBox1Value<Out>>
  >,
  handler: (input: TypeBox1Value<In>, call: CallContext) => HandlerResult<TypeBox1Value<Out>>,
): DispatchFunction<TypeBox1Value<In>, TypeBox1Value<Out>>
export function func<Parsed = void, Returned = unknown, Input = Parsed, Output = Returned>(
  name: string,
  options: FunctionOptions<Input, Parsed, Returned, Output>,
  handler: (input: Parsed, call: CallContext) => HandlerResult<Returned>,
): DispatchFunction<Input, Output>
export function func(name: string, ...rest: readonly unknown[]): DispatchFunction<unknown, unknown> {
  const [options, handler] = rest.length < 2 ? [undefined, rest[0]] : rest
  checkName(name)
  const place = `func('${name}')`
  if (typeof handler !== 'function') {
    throw new TypeError(`${place}: wanted a handler, an async function, got ${describeValue(handler)}`)
  }
  return createFunction(name, place, checkObject(options, `${place}: options`), handler as Handler)
}

type Handler = (input: unknown, call: CallContext) => unknown

function checkName(name: unknown): void {
  if (typeof name !== 'string') {
    throw new TypeError(`func(name): wanted a text, got ${describeValue(name)}`)
  }
  if (!FUNCTION_NAME_PATTERN.test(name) || name.length > NAME_LENGTH_MAX) {
    throw new TypeError(
      `func(name): wanted letters, digits and _ . < > with no digit first, at most ${NAME_LENGTH_MAX}, such as ` +
        `sendEmail or billing.charge, got ${describeValue(name)}`,
    )
  }
}

function createFunction(
  name: string,
  place: string,
  options: Readonly<Record<string, unknown>>,
  handler: Handler,
): DispatchFunction<unknown, unknown> {
  const codec = createFunctionCodec(options, place)
  const defaults = parseCallDefaults(options, `${place}: options`)
  const unknownErrorStatus = checkFailureStatus(
    options.unknownErrorStatus,
    `${place}: options.unknownErrorStatus`,
  )
  const clients: FunctionClient[] = []
  const encodeInput = (value: unknown) => ({ value, any: codec.encodeInput(value) })

  const buildCall = (input: unknown, callOptions?: DispatchedCallOptions) =>
    createCall(name, encodeInput(input), defaults, callOptions)

  const assertNoId = (callOptions?: DispatchedCallOptions): void => {
    if (callOptions?.id === undefined) return
    throw new TypeError(
      `${name}: options.id: the id of a call that is awaited follows from its place; leave it out`,
    )
  }

  const dispatchOne = async (input: unknown, callOptions?: DispatchedCallOptions) => {
    const client = currentClient() ?? clients.at(-1)
    if (client === undefined) {
      throw new TypeError(
        `${name}.dispatch(): the function is not registered. Pass it in new Dispatch({ functions: [${name}] }), ` +
          'or in the functions of the adapter, first',
      )
    }
    const [dispatchId] = await client.submit([buildCall(input, callOptions)])
    return client.call(dispatchId as string, codec.decodeOutput)
  }

  const fn: DispatchFunction<unknown, unknown> = {
    name,
    buildCall,
    dispatch: (input, callOptions) => droppableInside(dispatchOne(input, callOptions)),
    await: (input, callOptions) =>
      inCoroutine(name, 'await', (coroutine) => {
        assertNoId(callOptions)
        return coroutine.await(buildCall(input, callOptions), codec.decodeOutput)
      }),
    gather: (inputs, callOptions) =>
      inCoroutine(name, 'gather', (coroutine) => {
        assertNoId(callOptions)
        // Who is given the same input as the one before has the same bytes: a large one is in memory once.
        let encoded: ReturnType<typeof encodeInput> | undefined
        const calls = inputs.map((input) => {
          if (encoded === undefined || !Object.is(encoded.value, input)) encoded = encodeInput(input)
          return createCall(name, encoded, defaults, callOptions)
        })
        return coroutine.gather(calls, codec.decodeOutput)
      }),
    tailCall: (input) => createTailCall(buildCall(input)),
  }
  const definition = {
    name,
    handler,
    decodeInput: codec.decodeInput,
    encodeOutput: codec.encodeOutput,
    ...(unknownErrorStatus === undefined ? {} : { unknownErrorStatus }),
  }
  return Object.freeze(attachInternals(fn, { definition, decodeOutput: codec.decodeOutput, clients }))
}

/**
 * Begins a step of the running handler before it returns. The handler may drop the promise, as it drops the loser of a
 * race; its rejection is then ignored.
 */
function inCoroutine<T>(
  name: string,
  step: 'await' | 'gather',
  begin: (coroutine: Coroutine) => Promise<T>,
): Promise<T> {
  const coroutine = currentCoroutine()
  if (coroutine !== undefined) {
    try {
      return begin(coroutine)
    } catch (error) {
      return handledRejection(Promise.reject(error))
    }
  }
  return Promise.reject(
    new TypeError(
      `${name}.${step}() can only be called inside a durable function. Elsewhere use ` +
        `\`await (await ${name}.dispatch(input)).result()\`${step === 'gather' ? ' for each input' : ''}`,
    ),
  )
}

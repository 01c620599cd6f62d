import { DispatchError } from '@dispatch/protocol'
import { BODY_BYTES_MAX } from '@dispatch/protocol/bounds'
import { describeValue } from '@dispatch/protocol/text'
import { checkDispatchId } from '../checks/option-checks.js'
import { createTailCall } from '../coroutine/definition/tail-call.js'
import type { Coroutine } from '../coroutine/life/coroutine.js'
import { currentCoroutine, droppableInside } from '../coroutine/life/current-coroutine.js'
import { attachDecoder, type BuiltCall } from './built-call.js'
import { type CallInput, type CallOptions, createCall, type DispatchedCallOptions } from './call-options.js'
import { currentClient } from './current-client.js'
import type { DispatchFunction } from './dispatch-function.js'
import { createFunctionCodec, type FunctionCodec } from './function-codec.js'
import { attachInternals, type FunctionClient } from './function-internals.js'
import type { FunctionSettings } from './function-options.js'
import type { Handler } from './handler.js'

/**
 * Creates a function of checked options.
 *
 * @param place - Begins messages about the schemas: `func('charge')`.
 * @throws {TypeError} When a schema is not one.
 */
export function createFunction(
  name: string,
  handler: Handler<unknown, unknown>,
  settings: FunctionSettings,
  place: string,
): DispatchFunction<unknown, unknown> {
  const { unknownErrorStatus } = settings
  // A parameter with a default does not count in the length, and gets its default for undefined only.
  const codec = createFunctionCodec(settings, place, { nullInput: handler.length === 0 ? undefined : null })
  const clients: FunctionClient[] = []
  const fn = createMethods(name, codec, settings, clients)
  const definition = {
    name,
    handler,
    decodeInput: codec.decodeInput,
    encodeOutput: codec.encodeOutput,
    ...(unknownErrorStatus === undefined ? {} : { unknownErrorStatus }),
  }
  return Object.freeze(attachInternals(fn, { definition, decodeOutput: codec.decodeOutput, clients }))
}

function createMethods(
  name: string,
  { encodeInput, decodeOutput }: FunctionCodec,
  settings: FunctionSettings,
  clients: readonly FunctionClient[],
): DispatchFunction<unknown, unknown> {
  const client = () => currentClient() ?? clients.at(-1)
  const createInput = (value: unknown): CallInput => {
    const any = encodeInput(value)
    assertCarried(any?.value.byteLength ?? 0, client()?.bodyBytesMax ?? BODY_BYTES_MAX, name)
    return { value, any }
  }
  const create = (input: unknown, options?: DispatchedCallOptions) =>
    createCall(name, createInput(input), settings, options)

  const registeredClient = (method: string): FunctionClient => {
    const found = client()
    if (found !== undefined) return found
    throw new TypeError(
      `${name}.${method}(): the function is not registered. Pass it in new Dispatch({ functions: [${name}] }), or in ` +
        'the functions of the adapter, first',
    )
  }
  const dispatchOne = async (input: unknown, options?: DispatchedCallOptions) => {
    const found = registeredClient('dispatch')
    const [dispatchId] = await found.submit([create(input, options)])
    return found.call(dispatchId as string, decodeOutput)
  }

  return {
    name,
    dispatch: (input, options) => droppableInside(dispatchOne(input, options)),
    await: (input, options) =>
      insideHandler(name, 'await', (coroutine) => {
        assertNoId(name, options)
        return coroutine.await(create(input, options), decodeOutput)
      }),
    gather: (inputs, options) =>
      insideHandler(name, 'gather', (coroutine) => {
        assertNoId(name, options)
        assertInputs(name, inputs)
        // Successive calls with the same input share its bytes: a large one is in memory once.
        let shared: CallInput | undefined
        const calls = Array.from(inputs, (input) => {
          if (shared === undefined || !Object.is(shared.value, input)) shared = createInput(input)
          return createCall(name, shared, settings, options)
        })
        return coroutine.gather(calls, decodeOutput)
      }),
    tailCall: (input) => createTailCall(create(input)),
    buildCall: (input, options): BuiltCall => attachDecoder(create(input, options), decodeOutput),
    call: (id) => registeredClient('call').call(checkDispatchId(id, `${name}.call(id)`), decodeOutput),
  }
}

/** Refuses the input before it is sent, with any scheduler: one over HTTP would refuse the request. */
function assertCarried(bytes: number, bytesMax: number, name: string): void {
  if (bytes <= bytesMax) return
  throw new DispatchError(
    'invalid_argument',
    `${name}: input: expected at most ${bytesMax} bytes, got ${bytes}; store large data elsewhere and pass a reference to it`,
  )
}

function assertNoId(name: string, options: CallOptions | undefined): void {
  if ((options as DispatchedCallOptions | undefined)?.id === undefined) return
  throw new TypeError(
    `${name}: options.id: expected no id, because the id of an awaited call follows from its place; leave it out`,
  )
}

function assertInputs(name: string, inputs: unknown): void {
  if (Array.isArray(inputs)) return
  throw new TypeError(`${name}.gather(inputs): expected an array of inputs, got ${describeValue(inputs)}`)
}

/**
 * Begins a step of the running handler before it returns. The handler may drop the promise, like the loser of a race: a
 * failure is then not reported.
 */
function insideHandler<T>(
  name: string,
  method: 'await' | 'gather',
  begin: (coroutine: Coroutine) => Promise<T>,
): Promise<T> {
  const coroutine = currentCoroutine()
  if (coroutine !== undefined) {
    try {
      return begin(coroutine)
    } catch (error) {
      return coroutine.refuseCall(name, error)
    }
  }
  return Promise.reject(
    new TypeError(
      `${name}.${method}() can only be called inside a durable function. Elsewhere use ` +
        `\`await (await ${name}.dispatch(input)).result()\`${method === 'gather' ? ' for each input' : ''}`,
    ),
  )
}

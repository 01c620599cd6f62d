import { FUNCTION_NAME_PATTERN, NAME_LENGTH_MAX } from '@dispatch/protocol/bounds'
import { describeValue } from '@dispatch/protocol/text'
import { createFunction } from './create-function.js'
import type { DispatchFunction, OptionalInput } from './dispatch-function.js'
import type { Nothing } from './function-options.js'
import { type FunctionOptions, parseFunctionOptions } from './function-options.js'
import type { DefaultedHandler, Handler } from './handler.js'
import type { Received } from './received.js'
import type { TypeBox1Schema, TypeBox1Value } from './schema/typebox1-type.js'

/** Options in which schemas of TypeBox 1 stand in place of others. */
type With<Schemas, Options> = Omit<Options, keyof Schemas> & Readonly<Schemas>

/** The input that callers pass to a function: that of its schema, or else that of its handler. */
type InputOf<Input, Parsed> = OptionalInput<[Input] extends [Nothing] ? Parsed : Input>

/** A handler, in both forms from which the compiler infers the types of its parameters. */
type AnyHandler<Input, Output> = Handler<Input, Output> | DefaultedHandler<Input, Output>

/**
 * Creates a durable function from a handler. It can be called once it is registered with a `Dispatch`.
 *
 * @param name - The name by which other processes call the function; matches `/^[a-zA-Z_][a-zA-Z0-9_<>.]*$/`.
 * @throws {TypeError} Naming the option, its value and the fix.
 */
export function func<Input = void, Output = unknown>(
  name: string,
  handler: AnyHandler<Input, Output>,
): DispatchFunction<OptionalInput<Input>, Received<Output>>
export function func<In extends TypeBox1Schema, Returned = unknown, Output = Returned>(
  name: string,
  options: With<{ input: In }, FunctionOptions<TypeBox1Value<In>, TypeBox1Value<In>, Returned, Output>>,
  handler: AnyHandler<TypeBox1Value<In>, Returned>,
): DispatchFunction<OptionalInput<TypeBox1Value<In>>, Received<Output>>
export function func<Out extends TypeBox1Schema, Parsed = void, Input = Parsed>(
  name: string,
  options: With<{ output: Out }, FunctionOptions<Input, Parsed, TypeBox1Value<Out>, TypeBox1Value<Out>>>,
  handler: AnyHandler<Parsed, TypeBox1Value<Out>>,
): DispatchFunction<InputOf<Input, Parsed>, Received<TypeBox1Value<Out>>>
export function func<In extends TypeBox1Schema, Out extends TypeBox1Schema>(
  name: string,
  options: With<
    { input: In; output: Out },
    FunctionOptions<TypeBox1Value<In>, TypeBox1Value<In>, TypeBox1Value<Out>, TypeBox1Value<Out>>
  >,
  handler: AnyHandler<TypeBox1Value<In>, TypeBox1Value<Out>>,
): DispatchFunction<OptionalInput<TypeBox1Value<In>>, Received<TypeBox1Value<Out>>>
export function func<Parsed = void, Returned = unknown, Input = Parsed, Output = Returned>(
  name: string,
  options: FunctionOptions<Input, Parsed, Returned, Output>,
  handler: AnyHandler<Parsed, Returned>,
): DispatchFunction<InputOf<Input, Parsed>, Received<Output>>
export function func(name: string, ...rest: readonly unknown[]): DispatchFunction<unknown, unknown> {
  const [options, handler] = rest.length < 2 ? [undefined, rest[0]] : rest
  checkName(name)
  const place = `func('${name}')`
  if (typeof handler !== 'function') {
    throw new TypeError(`${place}: expected a handler, an async function, got ${describeValue(handler)}`)
  }
  const settings = parseFunctionOptions(options, `${place}: options`)
  return createFunction(name, handler as Handler<unknown, unknown>, settings, place)
}

function checkName(name: unknown): void {
  if (typeof name !== 'string') {
    throw new TypeError(`func(name): expected a string, got ${describeValue(name)}`)
  }
  if (!FUNCTION_NAME_PATTERN.test(name) || name.length > NAME_LENGTH_MAX) {
    throw new TypeError(
      `func(name): expected letters, digits and _ . < > with no digit first, at most ${NAME_LENGTH_MAX}, such as ` +
        `sendEmail or billing.charge, got ${describeValue(name)}`,
    )
  }
}

import { isDeepStrictEqual } from 'node:util'
import { DispatchError, type FailureStatus } from '@dispatch/protocol'
import type { Any } from '@dispatch/protocol/messages'
import { describeValue } from '@dispatch/protocol/text'
import {
  argumentsOf,
  decodeValue,
  encodeValue,
  isCarriedExactly,
  isChecked,
  markChecked,
} from '@dispatch/protocol/values'
import { createSchemaCheck } from './schema/schema.js'
import type { SchemaCheck } from './schema/schema-check.js'

/** Encodes and decodes the input and the output of a function. */
export interface FunctionCodec {
  /** For the caller. @throws {DispatchError} `invalid_argument`, naming the field. */
  encodeInput(input: unknown): Any | undefined
  /** For the endpoint. @throws {DispatchError} `invalid_argument`, naming the field. */
  decodeInput(input: Any | undefined): unknown
  /** For the endpoint. @throws {DispatchError} `invalid_response`, naming the field. */
  encodeOutput(output: unknown): Any | undefined
  /** For the caller. @throws {DispatchError} When the output is of an unknown type. */
  decodeOutput(output: Any | undefined): unknown
}

/**
 * @param place - Begins messages about the schemas: `func('charge')`.
 * @param options - `nullInput`: the input of a handler without a schema that stands for `null` on the wire, which does not
 *   distinguish it from `undefined`.
 * @throws {TypeError} When a schema is not one.
 */
export function createFunctionCodec(
  schemas: { readonly input?: unknown; readonly output?: unknown },
  place: string,
  { nullInput }: { readonly nullInput: null | undefined },
): FunctionCodec {
  const input = createOptionalCheck(schemas.input, `${place}: options.input`)
  const output = createOptionalCheck(schemas.output, `${place}: options.output`)
  return {
    encodeInput(value) {
      const result = check(input, value, 'input', 'invalid_argument')
      if (input === undefined || input.isRaw) return encode(input, value, 'input', 'invalid_argument')
      // Applied once, here, where the schema changes the value: a default that is drawn is the same for every attempt. What
      // a schema makes of classes that do not arrive as they are is made where the function runs.
      if (input.isReady && arrives(result) && !isSame(value, result)) {
        return markChecked(encode(input, result, 'input', 'invalid_argument') as Any)
      }
      const any = encode(input, value, 'input', 'invalid_argument')
      if (!arrives(value)) assertAcceptedOnArrival(input, any)
      return any
    },
    decodeInput(any) {
      if (input?.isRaw) return check(input, any, 'input', 'invalid_argument')
      const value = numberIf(input, argumentsOf(decodeValue(any)))
      if (isChecked(any)) return value
      if (value === null && input === undefined) return nullInput
      if (value === null && input?.check(null).issue !== undefined) {
        const absent = input.check(undefined)
        if (absent.issue === undefined) return absent.value
      }
      return check(input, value, 'input', 'invalid_argument')
    },
    encodeOutput(value) {
      const result = check(output, value, 'output', 'invalid_response')
      return encode(output, result, 'output', 'invalid_response')
    },
    decodeOutput: output?.isRaw ? (any) => any : (any) => numberIf(output, decodeValue(any)),
  }
}

function createOptionalCheck(schema: unknown, place: string): SchemaCheck | undefined {
  return schema === undefined ? undefined : createSchemaCheck(schema, place)
}

/**
 * A schema of numbers encodes an integer as one of 64 bits; beyond the safe integers that is decoded as a bigint, which such a
 * schema does not accept. It was a number, so that the number is exact.
 */
function numberIf(schema: SchemaCheck | undefined, value: unknown): unknown {
  return typeof value === 'bigint' && schema?.as !== undefined ? Number(value) : value
}

/** What arrives as something else, such as a `URL` as its text, has to match the schema where the function runs. */
function assertAcceptedOnArrival(schema: SchemaCheck, any: Any | undefined): void {
  const arriving = numberIf(schema, argumentsOf(decodeValue(any)))
  const { issue } = schema.check(arriving)
  if (issue === undefined) return
  throw new DispatchError(
    'invalid_argument',
    `input${issue}, after its way over the wire, where it is ${describeValue(arriving)}`,
  )
}

/** Whether the schema made nothing else of the value. */
function isSame(value: unknown, result: unknown): boolean {
  return Object.is(value, result) || isDeepStrictEqual(value, result)
}

/** Whether the handler receives the value when it is sent. A bigint arrives as a number, if it is small. */
function arrives(value: unknown): boolean {
  return typeof value !== 'bigint' && isCarriedExactly(value)
}

function check(
  schema: SchemaCheck | undefined,
  value: unknown,
  name: 'input' | 'output',
  status: FailureStatus,
): unknown {
  if (schema === undefined) return value
  const result = schema.check(value)
  if (result.issue !== undefined) throw new DispatchError(status, `${name}${result.issue}`)
  return result.value
}

function encode(
  schema: SchemaCheck | undefined,
  value: unknown,
  root: 'input' | 'output',
  status: FailureStatus,
): Any | undefined {
  if (schema?.isRaw) return value as Any
  try {
    return encodeValue(value, { root, ...(schema?.as === undefined ? {} : { as: schema.as }) })
  } catch (error) {
    if (!(error instanceof DispatchError) || error.status === status) throw error
    throw new DispatchError(status, error.message, { cause: error })
  }
}

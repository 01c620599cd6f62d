import { DispatchError, type FailureStatus } from '@dispatch/protocol'
import type { Any } from '@dispatch/protocol/messages'
import { argumentsOf, decodeValue, encodeValue } from '@dispatch/protocol/values'
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
      // The value is sent as it was passed: a schema that transforms does so once, where the function runs.
      check(input, value, 'input', 'invalid_argument')
      return encode(input, value, 'input', 'invalid_argument')
    },
    decodeInput(any) {
      if (input?.isRaw) return check(input, any, 'input', 'invalid_argument')
      const value = numberIf(input, argumentsOf(decodeValue(any)))
      if (value === null && input === undefined) return nullInput
      if (
        value === null &&
        input?.check(null).issue !== undefined &&
        input.check(undefined).issue === undefined
      ) {
        return undefined
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

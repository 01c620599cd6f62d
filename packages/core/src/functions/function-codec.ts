import { DispatchError, type FailureStatus } from '@dispatch/protocol'
import type { Any } from '@dispatch/protocol/messages'
import { argumentsOf, decodeValue, encodeValue } from '@dispatch/protocol/values'
import { createSchemaCheck } from './schema/schema.js'
import type { SchemaCheck } from './schema/schema-check.js'

/** How a function's input and output become values on the wire and back. */
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
 * @throws {TypeError} When a schema is none.
 */
export function createFunctionCodec(
  schemas: { readonly input?: unknown; readonly output?: unknown },
  place: string,
): FunctionCodec {
  const input = optionalCheck(schemas.input, `${place}: options.input`)
  const output = optionalCheck(schemas.output, `${place}: options.output`)
  return {
    encodeInput(value) {
      // What goes out is what was passed: a schema that transforms does so once, where the function runs.
      checked(input, value, 'input', 'invalid_argument')
      return encode(input, value, 'input', 'invalid_argument')
    },
    decodeInput(any) {
      if (input?.isRaw) return checked(input, any, 'input', 'invalid_argument')
      const value = argumentsOf(decodeValue(any))
      // The wire has one word for null and undefined; a schema may want either.
      if (
        value === null &&
        input?.check(null).issue !== undefined &&
        input.check(undefined).issue === undefined
      ) {
        return undefined
      }
      return checked(input, value, 'input', 'invalid_argument')
    },
    encodeOutput(value) {
      const result = checked(output, value, 'output', 'invalid_response')
      return encode(output, result, 'output', 'invalid_response')
    },
    decodeOutput: output?.isRaw ? (any) => any : decodeValue,
  }
}

function optionalCheck(schema: unknown, place: string): SchemaCheck | undefined {
  return schema === undefined ? undefined : createSchemaCheck(schema, place)
}

function checked(
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

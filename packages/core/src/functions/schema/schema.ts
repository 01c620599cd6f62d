import type { Any } from '@dispatch/protocol/messages'
import { describeValue, formatPathKey } from '@dispatch/protocol/text'
import type { SchemaCheck } from './schema-check.js'
import { createTypeBoxCheck } from './schema-typebox.js'
import { createTypeBox1Check, isTypeBox1Schema } from './schema-typebox1.js'
import { isStandardSchema, type StandardIssue, type StandardSchema } from './standard-schema.js'

/**
 * A schema of an input or an output: one of TypeBox, or any Standard Schema (zod 4, valibot …), which may transform the value
 * that is passed (`In`) into another one (`Out`).
 */
export type Schema<In, Out = In> = (TypeBoxSchema<In> & TypeBoxSchema<Out>) | StandardSchema<In, Out>

/** The properties by which the compiler recognizes a TypeBox schema. Declared here, so that compiling does not need TypeBox. */
export interface TypeBoxSchema<Value> {
  /** The type of the values. At run time schemas do not have this property. */
  readonly static: Value
  readonly params: unknown[]
}

const RAW: unique symbol = Symbol.for('dispatch.rawValue')

/**
 * Schema of a value that a function receives or returns without decoding, as a `google.protobuf.Any`: for types of messages
 * that this package does not have.
 */
export const rawValue: StandardSchema<Any, Any> = Object.freeze<StandardSchema<Any, Any> & { [RAW]: true }>({
  [RAW]: true,
  '~standard': {
    version: 1,
    vendor: 'dispatch',
    validate: (value) =>
      typeof (value as Any | undefined)?.typeUrl === 'string'
        ? { value: value as Any }
        : { issues: [{ message: `expected a google.protobuf.Any, got ${describeValue(value)}` }] },
  },
})

/**
 * Prepares a schema of the user.
 *
 * @param place - Names the schema in messages: `func('charge'): options.input`.
 * @throws {TypeError} When it is not a schema of a supported library.
 */
export function createSchemaCheck(schema: unknown, place: string): SchemaCheck {
  if (isTypeBoxSchema(schema)) return createTypeBoxCheck(schema, place)
  if (isStandardSchema(schema)) return createStandardCheck(schema, place)
  if (isTypeBox1Schema(schema)) return createTypeBox1Check(schema, place)
  throw new TypeError(
    `${place}: expected a schema of TypeBox or a Standard Schema (zod 4, valibot, arktype), got ${describeValue(schema)}`,
  )
}

/** By the symbol that all copies of TypeBox 0.34 share: the user's copy may be another than that of this package. */
function isTypeBoxSchema(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Symbol.for('TypeBox.Kind') in value
}

function createStandardCheck(schema: StandardSchema, place: string): SchemaCheck {
  return {
    isReady: true,
    isRaw: RAW in schema,
    check(value) {
      const result = schema['~standard'].validate(value)
      if (result instanceof Promise) {
        // Its result is not used, and a rejection without a handler would end the process.
        result.catch(() => undefined)
        throw new TypeError(
          `${place}: expected a schema that checks synchronously, got one that returns a promise`,
        )
      }
      if (result.issues === undefined) return { value: result.value }
      const issue = result.issues[0]
      return { issue: issue === undefined ? ': is not valid' : `${pathOf(issue)}: ${issue.message}` }
    },
  }
}

function pathOf(issue: StandardIssue): string {
  const keys = issue.path?.map((segment) => (typeof segment === 'object' ? segment.key : segment)) ?? []
  return keys.map(formatPathKey).join('')
}

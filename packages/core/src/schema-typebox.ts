import type { TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import { Value } from '@sinclair/typebox/value'
import { describeValue, formatPathKey } from './describe-value.js'
import type { SchemaCheck } from './schema-check.js'

/** Prepares a TypeBox schema; compiles it when the first value comes. */
export function createTypeBoxCheck(schema: TSchema): SchemaCheck {
  let isValid: ((value: unknown) => boolean) | undefined
  return {
    isRaw: false,
    ...numberKindOf(schema),
    check(value) {
      isValid ??= compile(schema)
      return isValid(value) ? { value } : { issue: issueOf(schema, value) }
    },
  }
}

/** A compiled check takes a quarter of the time of an interpreted one, but needs `new Function`. */
function compile(schema: TSchema): (value: unknown) => boolean {
  try {
    const compiled = TypeCompiler.Compile(schema)
    return (value) => compiled.Check(value)
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    return (value) => Value.Check(schema, value)
  }
}

function numberKindOf(schema: TSchema): Pick<SchemaCheck, 'as'> {
  return schema.type === 'integer' || schema.type === 'number' ? { as: schema.type } : {}
}

function issueOf(schema: TSchema, value: unknown): string {
  const error = Value.Errors(schema, value).First()
  if (error === undefined) return ': is not valid'
  return `${formatPointer(error.path)}: ${explain(error)}`
}

function explain(error: ValueError): string {
  if (error.type === ValueErrorType.StringFormatUnknown) {
    const format = JSON.stringify(error.schema.format)
    return `the schema wants format ${format}, which TypeBox does not know: FormatRegistry.Set(${format}, …) teaches it`
  }
  const isMissing = error.type === ValueErrorType.ObjectRequiredProperty
  const wanted =
    isMissing && typeof error.schema.type === 'string'
      ? error.schema.type
      : error.message.replace(/^Expected /, '')
  return `wanted ${wanted}, got ${describeValue(error.value)}`
}

/** `/items/0/a~1b` as `.items[0]["a/b"]`. */
function formatPointer(pointer: string): string {
  const keys = pointer.split('/').slice(1)
  return keys.map((key) => formatPathKey(key.replaceAll('~1', '/').replaceAll('~0', '~'))).join('')
}

import { describeValue } from '@dispatch/protocol/text'
import { hasDefaults } from './defaults.js'
import { createPeerModule } from './peer-module.js'
import { formatPointer } from './pointer.js'
import type { SchemaCheck } from './schema-check.js'

/**
 * Prepares a schema of TypeBox 0.34, the package `@sinclair/typebox`: an optional peer, which is loaded when the first
 * value comes, and then compiles the schema.
 *
 * @param place - Names the schema in messages: `func('charge'): options.input`.
 * @throws {TypeError} When the package is not installed.
 */
export function createTypeBoxCheck(schema: object, place: string): SchemaCheck {
  const isInstalled = [compiler, errors, interpreter].map((module) => module.prepare()).every(Boolean)
  if (!isInstalled) {
    throw new TypeError(
      `${place}: a TypeBox schema needs @sinclair/typebox beside @dispatch/core; run: npm install @sinclair/typebox@0.34`,
    )
  }
  const complete = hasDefaults(schema)
  let isValid: ((value: unknown) => boolean) | undefined
  return {
    isRaw: false,
    get isReady() {
      isValid ??= compile(schema)
      return isValid !== undefined && interpreter.get() !== undefined
    },
    ...numberKindOf(schema),
    check(given) {
      const value = complete ? withDefaults(schema, given) : given
      isValid ??= compile(schema)
      return (isValid?.(value) ?? true) ? { value } : { issue: issueOf(schema, value) }
    },
  }
}

type TSchema = import('@sinclair/typebox').TSchema

const compiler = createPeerModule('@sinclair/typebox/compiler', async () => {
  try {
    return await import('@sinclair/typebox/compiler')
  } catch (cause) {
    throw missingError(cause)
  }
})

const errors = createPeerModule('@sinclair/typebox/errors', async () => {
  try {
    return await import('@sinclair/typebox/errors')
  } catch (cause) {
    throw missingError(cause)
  }
})

const interpreter = createPeerModule('@sinclair/typebox/value', async () => {
  try {
    return await import('@sinclair/typebox/value')
  } catch (cause) {
    throw missingError(cause)
  }
})

function missingError(cause: unknown): TypeError {
  return new TypeError('a TypeBox schema needs @sinclair/typebox, which is not part of this bundle', {
    cause,
  })
}

function withDefaults(schema: object, value: unknown): unknown {
  const loaded = interpreter.get()
  return loaded === undefined ? value : loaded.Default(schema as TSchema, loaded.Clone(value))
}

/** A compiled check takes a quarter of the time of an interpreted one, but needs `new Function`. */
function compile(schema: object): ((value: unknown) => boolean) | undefined {
  try {
    const compiled = compiler.get()?.TypeCompiler.Compile(schema as TSchema)
    return compiled && ((value) => compiled.Check(value))
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    const Check = interpreter.get()?.Check
    return Check && ((value) => Check(schema as TSchema, value))
  }
}

/** The encoding of a number. */
export function numberKindOf(schema: { readonly type?: unknown }): Pick<SchemaCheck, 'as'> {
  return schema.type === 'integer' || schema.type === 'number' ? { as: schema.type } : {}
}

function issueOf(schema: object, value: unknown): string {
  const loaded = errors.get()
  const error = loaded?.Errors(schema as TSchema, [], value).First()
  if (loaded === undefined || error === undefined) return ': is not valid'
  const { ValueErrorType } = loaded
  const path = formatPointer(error.path)
  const { format, type } = error.schema
  if (error.type === ValueErrorType.StringFormatUnknown) {
    const name = JSON.stringify(format)
    return `${path}: the schema requires format ${name}, which is not registered: register it with FormatRegistry.Set(${name}, …)`
  }
  if (error.type === ValueErrorType.ObjectAdditionalProperties) {
    return `${path}: expected no such property, got ${describeValue(error.value)}`
  }
  const isMissing = error.type === ValueErrorType.ObjectRequiredProperty
  const expected = isMissing && typeof type === 'string' ? type : error.message.replace(/^Expected /, '')
  return `${path}: expected ${expected}, got ${describeValue(error.value)}`
}

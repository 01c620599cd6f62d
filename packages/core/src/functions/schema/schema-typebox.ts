import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { describeValue, formatPathKey } from '@dispatch/protocol/text'
import type { SchemaCheck } from './schema-check.js'

/**
 * Prepares a TypeBox schema. TypeBox is an optional peer: it is looked for here, loaded when the first value comes,
 * and then compiles the schema.
 *
 * @param place - Names the schema in messages: `func('charge'): options.input`.
 * @throws {TypeError} When TypeBox is not installed.
 */
export function createTypeBoxCheck(schema: object, place: string): SchemaCheck {
  assertInstalled(place)
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

/** Modules of TypeBox, by their paths. */
interface TypeBox {
  readonly compiler: typeof import('@sinclair/typebox/compiler')
  readonly errors: typeof import('@sinclair/typebox/errors')
  readonly value: typeof import('@sinclair/typebox/value')
}

type TSchema = import('@sinclair/typebox').TSchema

const require = createRequire(import.meta.url)

/**
 * The module that `import` would give, at once: TypeBox has another copy of itself for `require()`, which would not
 * know the formats that the application has registered.
 */
function load<Path extends keyof TypeBox>(path: Path): TypeBox[Path] {
  return require(fileURLToPath(import.meta.resolve(`@sinclair/typebox/${path}`)))
}

function assertInstalled(place: string): void {
  try {
    import.meta.resolve('@sinclair/typebox/compiler')
  } catch (cause) {
    throw new TypeError(
      `${place}: a TypeBox schema needs @sinclair/typebox beside @dispatch/core; run: npm install @sinclair/typebox@0.34`,
      { cause },
    )
  }
}

/** A compiled check takes a quarter of the time of an interpreted one, but needs `new Function`. */
function compile(schema: object): (value: unknown) => boolean {
  try {
    const compiled = load('compiler').TypeCompiler.Compile(schema as TSchema)
    return (value) => compiled.Check(value)
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    const { Check } = load('value')
    return (value) => Check(schema as TSchema, value)
  }
}

function numberKindOf(schema: { readonly type?: unknown }): Pick<SchemaCheck, 'as'> {
  return schema.type === 'integer' || schema.type === 'number' ? { as: schema.type } : {}
}

function issueOf(schema: object, value: unknown): string {
  const { Errors, ValueErrorType } = load('errors')
  const error = Errors(schema as TSchema, [], value).First()
  if (error === undefined) return ': is not valid'
  const path = formatPointer(error.path)
  const { format, type } = error.schema
  if (error.type === ValueErrorType.StringFormatUnknown) {
    const name = JSON.stringify(format)
    return `${path}: the schema wants format ${name}, which TypeBox does not know: FormatRegistry.Set(${name}, …) teaches it`
  }
  const isMissing = error.type === ValueErrorType.ObjectRequiredProperty
  const wanted = isMissing && typeof type === 'string' ? type : error.message.replace(/^Expected /, '')
  return `${path}: wanted ${wanted}, got ${describeValue(error.value)}`
}

/** `/items/0/a~1b` as `.items[0]["a/b"]`. */
function formatPointer(pointer: string): string {
  const keys = pointer.split('/').slice(1)
  return keys.map((key) => formatPathKey(key.replaceAll('~1', '/').replaceAll('~0', '~'))).join('')
}

import { describeValue, formatPathKey } from '@dispatch/protocol/text'
import { hasDefaults } from './defaults.js'
import { createPeerModule } from './peer-module.js'
import { formatPointer, valueAt } from './pointer.js'
import type { SchemaCheck } from './schema-check.js'
import { numberKindOf } from './schema-typebox.js'

/**
 * Prepares a schema of TypeBox 1, the package `typebox`: an optional peer, which is loaded when the first value comes, and
 * then compiles the schema.
 *
 * @param place - Names the schema in messages: `func('charge'): options.input`.
 * @throws {TypeError} When the package is not installed.
 */
export function createTypeBox1Check(schema: object, place: string): SchemaCheck {
  const isInstalled = [compiler, interpreter].map((module) => module.prepare()).every(Boolean)
  if (!isInstalled) {
    throw new TypeError(
      `${place}: a TypeBox schema needs typebox beside @dispatch/core; run: npm install typebox@1`,
    )
  }
  const complete = hasDefaults(schema)
  let validator: Validator | undefined
  return {
    isRaw: false,
    get isReady() {
      return compiler.get() !== undefined && interpreter.get() !== undefined
    },
    ...numberKindOf(schema),
    check(given) {
      const value = complete ? withDefaults(schema, given) : given
      validator ??= compiler.get()?.Compile(schema)
      // In a bundle, while TypeBox is being loaded: the function checks its input before it runs.
      if (validator === undefined || validator.Check(value)) return { value }
      return { issue: issueOf(validator.Errors(value), schema, value) }
    },
  }
}

/** By the property that schemas of all copies of TypeBox 1 have: the user's copy may be another than that of this package. */
export function isTypeBox1Schema(value: unknown): value is object {
  return typeof (value as { '~kind'?: unknown } | null | undefined)?.['~kind'] === 'string'
}

type Validator = ReturnType<typeof import('typebox/compile').Compile>
type ValidationError = ReturnType<Validator['Errors']>[number]

const compiler = createPeerModule('typebox/compile', async () => {
  try {
    return await import('typebox/compile')
  } catch (cause) {
    throw new TypeError('a TypeBox schema needs typebox, which is not part of this bundle', { cause })
  }
})

const interpreter = createPeerModule('typebox/value', async () => {
  try {
    return await import('typebox/value')
  } catch (cause) {
    throw new TypeError('a TypeBox schema needs typebox, which is not part of this bundle', { cause })
  }
})

function withDefaults(schema: object, value: unknown): unknown {
  const loaded = interpreter.get()
  return loaded === undefined ? value : loaded.Default(schema, loaded.Clone(value))
}

function issueOf(errors: readonly ValidationError[], schema: object, value: unknown): string {
  const error = errors.find((one) => !errors.some((other) => isBranchOf(one, other)))
  if (error === undefined) return ': is not valid'
  const path = formatPointer(error.instancePath)
  const got = valueAt(value, error.instancePath)
  if (error.keyword === 'required') {
    const [key = ''] = error.params.requiredProperties
    const type = error.instancePath === '' ? typeOfProperty(schema, key) : undefined
    return `${path}${formatPathKey(key)}: expected ${type ?? 'a value'}, got undefined`
  }
  return `${path}: expected ${expectationOf(error)}, got ${describeValue(got)}`
}

/** A problem of one branch of a union is not a problem of the value. */
function isBranchOf(error: ValidationError, union: ValidationError): boolean {
  return (
    (union.keyword === 'anyOf' || union.keyword === 'oneOf') &&
    error.schemaPath.startsWith(`${union.schemaPath}/${union.keyword}/`)
  )
}

function expectationOf(error: ValidationError): string {
  switch (error.keyword) {
    case 'type':
      return [error.params.type].flat().join(' or ')
    case 'const':
      return JSON.stringify(error.params.allowedValue)
    case 'enum':
      return error.params.allowedValues.map((allowed) => JSON.stringify(allowed)).join(' or ')
    case 'anyOf':
    case 'oneOf':
      return 'one of the types of the union'
    case 'boolean':
      return 'no such property'
    default:
      return error.message.replace(/^must /, 'to ')
  }
}

function typeOfProperty(schema: object, key: string): string | undefined {
  const { properties } = schema as { properties?: Readonly<Record<string, { type?: unknown }>> }
  const type = properties?.[key]?.type
  return typeof type === 'string' ? type : undefined
}

import { describeValue } from './describe-value.js'
import { nearestOf } from './nearest.js'

/**
 * The options that an object may have, each with other words that people use for it: `retries` for `attemptsMax`. A
 * table is declared with `satisfies OptionNames<Options>`, so that it has exactly the properties of `Options`.
 */
export type OptionNames<Options> = { readonly [Name in keyof Options]-?: readonly string[] }

/**
 * An object of options whose names all exist; `{}` when it is absent. The values are not looked at.
 *
 * @param place - As messages name the object, such as `func('charge'): options`.
 * @throws {TypeError} When it is not an object, or has an option that is not in `names`: with the nearest one that is.
 */
export function checkOptions<Name extends string>(
  value: unknown,
  place: string,
  names: Readonly<Record<Name, readonly string[]>>,
): { readonly [Option in Name]?: unknown } {
  if (value === undefined) return {} as { readonly [Option in Name]?: unknown }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${place}: expected an object, got ${describeValue(value)}`)
  }
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(names, name)) throw new TypeError(`${place}: ${unknownOption(name, names)}`)
  }
  return value as { readonly [Option in Name]?: unknown }
}

function unknownOption(name: string, names: Readonly<Record<string, readonly string[]>>): string {
  const optionOfWord = new Map(
    Object.entries(names).flatMap(([option, others]) => [option, ...others].map((word) => [word, option])),
  )
  const nearest = nearestOf(name, optionOfWord.keys())
  const expected =
    nearest === undefined ? `one of ${Object.keys(names).join(', ')}` : optionOfWord.get(nearest)
  return `expected ${expected}, got the unknown option ${describeValue(name)}`
}

import { describeValue } from './describe-value.js'

/**
 * The value of an optional option.
 *
 * @param place - As messages name it, such as `option port`.
 * @throws {TypeError} When the value is given and is not an integer from `min` to `max`.
 */
export function checkInteger(
  value: unknown,
  place: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  if (value === undefined) return undefined
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number
  throw new TypeError(`${place}: expected an integer from ${min} to ${max}, got ${describeValue(value)}`)
}

import { describeValue } from '@dispatch/protocol/text'

/** Any class, abstract or not. */
export type Class<T = unknown> = abstract new (...args: never[]) => T

/** The status of the values of a class: always the same, or the result of a function; `undefined`: other rules decide. */
export type Rule<T, S extends string> = S | ((value: T) => S | undefined)

/** A class with its rule: an entry of the options `errorTypes` and `outputTypes`. */
export type ClassRule<S extends string> = readonly [Class, Rule<never, S>]

/** Finds the rule of a value's class. */
export interface ClassRules<S extends string> {
  /** The result of the rule of the most specific class that gives one. A rule that throws gives none. */
  find(value: object): S | undefined
}

/**
 * @param option - Names the list in messages, such as `option errorTypes`.
 * @throws {TypeError} When an entry is not a class and a rule for it.
 */
export function createClassRules<S extends string>(
  entries: Iterable<ClassRule<S>>,
  isStatus: (value: unknown) => value is S,
  option: string,
): ClassRules<S> {
  const rules = new Map<object, Rule<never, S>>()
  for (const entry of entries) {
    if (!Array.isArray(entry)) {
      throw new TypeError(`${option}: expected a class with its status, got ${describeValue(entry)}`)
    }
    const [type, rule] = entry as ClassRule<S>
    const prototype: unknown = typeof type === 'function' ? type.prototype : undefined
    if (typeof prototype !== 'object' || prototype === null) {
      throw new TypeError(`${option}: expected a class, got ${describeValue(type)}`)
    }
    if (typeof rule !== 'function' && !isStatus(rule)) {
      throw new TypeError(
        `${option}: class ${type.name}: expected a status or a function, got ${describeValue(rule)}`,
      )
    }
    rules.set(prototype, rule)
  }
  if (rules.size === 0) return { find: () => undefined }
  return {
    find(value) {
      for (
        let prototype = Object.getPrototypeOf(value);
        prototype;
        prototype = Object.getPrototypeOf(prototype)
      ) {
        const rule = rules.get(prototype)
        const status = rule === undefined ? undefined : apply(rule, value)
        if (isStatus(status)) return status
      }
      return undefined
    },
  }
}

function apply(rule: Rule<never, string>, value: object): string | undefined {
  if (typeof rule === 'string') return rule
  try {
    return (rule as (value: object) => string | undefined)(value)
  } catch {
    return undefined
  }
}
